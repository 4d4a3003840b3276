// A log of any length through a window of rows: what is in sight is on the page, the rest on the server.
//
//   <section id="viewer" data-run data-total data-line data-lines-url data-find-url data-tail-url>
//   GET lines?first=1&count=500[&tail][&parts]  {"run","last_seq","pieces":[{"first","step","stream","at","lines":[text or [[classes,text]]]}],"parts"}
//   GET find?q=…&from=…[&back]                  {"seq": hit or null, "reached": where to go on or null}
//   the change's stream, as in live.js, for what is new
//
// Without this script the page is one page of lines with links to the others.

const box = document.getElementById("viewer");
const view = box.querySelector(".lv-view");
const rows = box.querySelector(".lv-rows");
const status = box.querySelector("[data-lv-status]");
const tailWords = box.querySelector("[data-lv-tail]");
const followBox = box.querySelector("[data-lv-follow]");

const ROW = 20; // pixels, as in log.css
const TALLEST = 8_000_000; // browsers forget heights beyond some ten million pixels
const BLOCK = 200;
const BLOCKS_KEPT = 100;
const MORE = 20; // rows above and below what is in sight
const SPOKEN = 5000; // milliseconds between two words about the tail

let total = Number(box.dataset.total);
let parts = JSON.parse(document.getElementById("lv-parts").textContent);
let here = Number(box.dataset.line) || 0;
const folded = new Set(); // first numbers of folded parts
const blocks = new Map(); // number of block -> Map of seq -> line; the oldest use first
const asking = new Map();

const grouped = (number) => number.toLocaleString("en");
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu; // as in live.js
const showUnseen = (text) =>
  text.replace(UNSEEN, (char) =>
    char === "\t" ? char : `‹U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›`,
  );

// ---- Rows: a head for each part, and its lines unless it is folded

let starts = []; // the row at which each part begins
let count = 0;
const measure = () => {
  count = 0;
  starts = parts.map((part) => {
    const start = count;
    count += 1 + (folded.has(part.first) ? 0 : part.last - part.first + 1);
    return start;
  });
};

// The last index whose value is at most `wanted`.
const lastAtMost = (values, wanted) => {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
};

const rowAt = (row) => {
  const at = lastAtMost(starts, row);
  const part = parts[at];
  const inside = row - starts[at];
  return inside === 0 ? { part } : { part, seq: part.first + inside - 1 };
};

const partOf = (seq) => lastAtMost(parts.map((part) => part.first), seq);
const rowOf = (seq) => {
  const at = partOf(seq);
  return folded.has(parts[at].first) ? starts[at] : starts[at] + 1 + seq - parts[at].first;
};

// ---- Where the window stands. Beyond TALLEST a pixel of the bar is more than a pixel of the log.

const room = document.createElement("div");
room.className = "lv-room";
const whole = () => count * ROW;
const tall = () => Math.min(whole(), TALLEST);
const scale = () => (whole() <= TALLEST ? 1 : (whole() - view.clientHeight) / (tall() - view.clientHeight));
const top = () => view.scrollTop * scale();
const scrollTo = (pixels) => {
  view.scrollTop = Math.max(0, pixels) / scale();
};
const atEnd = () => view.scrollHeight - view.scrollTop - view.clientHeight < 2 * ROW;

// ---- Lines

const blockOf = (seq) => Math.floor((seq - 1) / BLOCK);
const lineOf = (seq) => blocks.get(blockOf(seq))?.get(seq);
const keep = (pieces) => {
  for (const { first, lines, ...common } of pieces) {
    for (const [at, said] of lines.entries()) {
      const seq = first + at;
      const number = blockOf(seq);
      if (!blocks.has(number)) blocks.set(number, new Map());
      blocks.get(number).set(seq, { ...common, seq, spans: typeof said === "string" ? [["", said]] : said });
    }
  }
  for (const number of blocks.keys()) {
    if (blocks.size <= BLOCKS_KEPT) break;
    blocks.delete(number);
  }
};

const get = async (query) => {
  const answer = await fetch(`${box.dataset.linesUrl}?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const told = await answer.json();
  if (String(told.run) !== box.dataset.run) location.reload(); // the change was run anew
  return told;
};

const take = (told) => {
  keep(told.pieces);
  if (told.parts) parts = told.parts;
  total = Math.max(total, told.last_seq);
};

// Blocks that follow one another are one request: what is in sight at a block's edge costs no more than elsewhere.
const ask = (numbers) => {
  const fresh = numbers.filter((number) => !asking.has(number)).sort((a, b) => a - b);
  while (fresh.length) {
    const together = fresh.splice(0, fresh.findIndex((number, at) => number !== fresh[0] + at) + 1 || fresh.length);
    const asked = get(`first=${together[0] * BLOCK + 1}&count=${together.length * BLOCK}`)
      .then((told) => keep(told.pieces))
      .catch((error) => {
        status.textContent = `Lines could not be read: ${error.message}. Scroll to try again.`;
      })
      .finally(() => together.forEach((number) => asking.delete(number)));
    together.forEach((number) => asking.set(number, asked));
  }
  return Promise.all(numbers.map((number) => asking.get(number)));
};

let askTimer = 0;
const askSoon = (numbers) => {
  clearTimeout(askTimer);
  askTimer = setTimeout(async () => {
    await ask(numbers);
    draw();
  }, 30);
};

// ---- Drawing

const lineRow = (seq) => {
  const item = document.createElement("li");
  const line = lineOf(seq);
  item.className = "lv-row";
  item.id = `L${seq}`;
  item.value = seq;
  const number = document.createElement("a");
  number.className = "lv-no";
  number.href = `?line=${seq}#L${seq}`;
  number.textContent = seq;
  number.dataset.lvTo = seq;
  const text = document.createElement("span");
  text.className = "lv-text";
  item.append(number, text);
  if (seq === here) {
    item.classList.add("lv-here");
    item.setAttribute("aria-current", "true");
  }
  if (!line) {
    text.textContent = seq <= Number(box.dataset.gone) ? "forgotten for its age" : "…";
    return item;
  }
  number.title = `${line.step}, ${line.at}`;
  if (line.stream === "note") {
    item.classList.add("lv-note");
    const mark = document.createElement("span");
    mark.className = "lv-mark";
    mark.setAttribute("aria-hidden", "true");
    mark.textContent = "›";
    const words = document.createElement("span");
    words.className = "visually-hidden";
    words.textContent = "Regroup: ";
    text.append(mark, words);
  }
  for (const [classes, said] of line.spans) {
    if (!classes) {
      text.append(showUnseen(said));
      continue;
    }
    const span = document.createElement("span");
    span.className = classes;
    span.textContent = showUnseen(said);
    text.append(span);
  }
  return item;
};

const headRow = (part) => {
  const item = document.createElement("li");
  item.className = "lv-row lv-head";
  const button = document.createElement("button");
  const shut = folded.has(part.first);
  button.type = "button";
  button.className = "lv-fold";
  button.dataset.lvFold = part.first;
  button.setAttribute("aria-expanded", String(!shut));
  button.textContent = `${shut ? "▸" : "▾"} ${showUnseen(part.title)} `;
  const lines = document.createElement("span");
  lines.className = "muted";
  lines.textContent = `${grouped(part.last - part.first + 1)} lines`;
  button.append(lines);
  item.append(button);
  return item;
};

// The rows that are on the page, and the blocks of those whose lines are not here.
const sight = () => {
  const above = Math.floor(top() / ROW);
  const rest = Math.ceil(view.clientHeight / ROW);
  return [Math.max(0, above - MORE), Math.min(count - 1, above + rest + MORE)];
};
const missing = ([first, last]) => {
  const wanted = new Set();
  for (let row = first; row <= last; row += 1) {
    const { seq } = rowAt(row);
    if (seq > Number(box.dataset.gone) && !lineOf(seq)) wanted.add(blockOf(seq));
  }
  return [...wanted];
};

const draw = () => {
  measure();
  room.style.height = `${tall()}px`;
  const following = followBox.checked;
  if (following) view.scrollTop = view.scrollHeight;
  const [first, last] = sight();
  const items = [];
  const focus = document.activeElement?.closest?.(".lv-row")?.querySelector("[data-lv-to],[data-lv-fold]");
  const focused = focus && (focus.dataset.lvFold ? `[data-lv-fold="${focus.dataset.lvFold}"]` : `[data-lv-to="${focus.dataset.lvTo}"]`);
  for (let row = first; row <= last; row += 1) {
    const at = rowAt(row);
    items.push(at.seq ? lineRow(at.seq) : headRow(at.part));
  }
  rows.replaceChildren(...items);
  rows.style.transform = `translateY(${view.scrollTop - (top() - first * ROW)}px)`;
  if (focused) rows.querySelector(focused)?.focus({ preventScroll: true });
  const wanted = missing([first, last]);
  if (wanted.length) askSoon(wanted);
  say();
};

let drawing = 0;
const drawSoon = (wait = 0) => {
  drawing ||= setTimeout(() => {
    drawing = 0;
    draw();
  }, wait);
};

let drawnScroll = 0;
view.addEventListener("scroll", () => {
  if (!drawnScroll) drawnScroll = requestAnimationFrame(() => { drawnScroll = 0; draw(); });
  if (followBox.checked && !atEnd()) followBox.checked = false;
});
// Only what a person does by hand makes the end be followed again: the end also comes nearer by folding.
view.addEventListener("wheel", () => setTimeout(() => { if (atEnd() && box.dataset.tailUrl) followBox.checked = true; }, 200), { passive: true });
addEventListener("resize", () => drawSoon());

const go = async (seq, why = "") => {
  const wanted = Math.min(Math.max(1, seq), total);
  followBox.checked = false;
  here = wanted;
  folded.delete(parts[partOf(wanted)].first);
  measure();
  room.style.height = `${tall()}px`;
  scrollTo(rowOf(wanted) * ROW - view.clientHeight / 3);
  if (!lineOf(wanted) && wanted > Number(box.dataset.gone)) await ask(missing(sight()));
  history.replaceState(null, "", `?line=${wanted}#L${wanted}`);
  box.querySelector("#lv-line").value = wanted;
  found = why;
  draw();
};

// ---- What is said of it

let found = "";
let late = 0;
let heard = Date.now();
let broken = 0; // since when the stream is
let silent = 0; // since when the run's worker is
const say = () => {
  const at = Math.min(count - 1, Math.floor(top() / ROW) + 1);
  const seq = rowAt(Math.max(0, at)).seq ?? parts[0].first;
  const bits = [`Line ${grouped(seq)} of ${grouped(total)}`];
  if (box.dataset.tailUrl) {
    const since = silent || broken;
    const behind = Math.round(since ? (Date.now() - since) / 1000 + late : Date.now() - heard < 3000 ? late : 0);
    const why = silent ? ", its worker is silent; another one takes it up" : broken ? ", connecting again" : "";
    bits.push(behind >= 1 ? `${behind} second${behind === 1 ? "" : "s"} behind${why}` : "live");
  }
  if (found) bits.push(found);
  const words = bits.join(" · ");
  if (status.textContent !== words) status.textContent = words;
};
status.removeAttribute("role"); // it moves with each scroll; what is worth hearing goes to the polite one
let spoke = 0;
const speak = (words, now = false) => {
  if (!now && Date.now() - spoke < SPOKEN) return;
  spoke = Date.now();
  tailWords.textContent = words;
};

// ---- Search, on the server

const search = async (words, back) => {
  let from = back ? (here || total + 1) - 1 : here + 1;
  found = "searching …";
  say();
  while (from >= 1 && from <= total) {
    const query = new URLSearchParams({ q: words, from });
    if (back) query.set("back", "1");
    const answer = await fetch(`${box.dataset.findUrl}?${query}`);
    if (!answer.ok) {
      found = `the search failed: the server answered ${answer.status}`;
      break;
    }
    const hit = await answer.json();
    if (hit.seq) {
      const sentence = `“${words}” is in line ${grouped(hit.seq)}`;
      speak(sentence, true);
      await go(hit.seq, sentence);
      return;
    }
    if (!hit.reached) break;
    from = hit.reached;
    found = `searching … line ${grouped(from)}`;
    say();
  }
  if (found.startsWith("searching")) found = `no ${back ? "earlier" : "later"} line has “${words}”`;
  speak(found, true);
  say();
};
box.querySelector(".lv-search").addEventListener("submit", (event) => {
  event.preventDefault();
  search(event.target.elements.q.value.trim(), event.submitter?.value === "back");
});
box.querySelector(".lv-go").addEventListener("submit", (event) => {
  event.preventDefault();
  go(Number(event.target.elements.line.value));
});
box.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-lv-fold]");
  const link = event.target.closest("[data-lv-to]");
  if (fold) {
    const first = Number(fold.dataset.lvFold);
    if (!folded.delete(first)) folded.add(first);
    followBox.checked = false;
    draw();
  } else if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    go(Number(link.dataset.lvTo));
  }
});
view.addEventListener("keydown", (event) => {
  const words = box.querySelector("#lv-q").value.trim();
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "f") {
    followBox.checked = !followBox.checked;
    draw();
  } else if ((event.key === "n" || event.key === "N" || event.key === "p") && words) search(words, event.key !== "n");
});
followBox.addEventListener("change", draw);
addEventListener("hashchange", () => {
  const at = /^#L(\d+)$/.exec(location.hash);
  if (at) go(Number(at[1]));
});

// ---- The tail. Whoever was away is given the end at once, not all that was missed.

let source = null;
let retry = 0;
const arrived = (told) => {
  if (told.pieces[0].first === 1 && total > 1) location.reload(); // the first lines of a new run
  keep(told.pieces);
  late = told.late;
  heard = Date.now();
  for (const { first, step, lines } of told.pieces) {
    const last = first + lines.length - 1;
    if (last <= total) continue;
    const end = parts.at(-1);
    if (end?.step === step) end.last = last;
    else parts.push({ step, title: parts.find((part) => part.step === step)?.title ?? step, first: total + 1, last });
    total = last;
  }
  if (followBox.checked) speak(`Line ${total}: ${lineOf(total).spans.map(([, text]) => text).join("")}`);
  drawSoon(80);
};
const open = async () => {
  source?.close();
  try {
    take(await get(`tail=1&count=${BLOCK}&parts=1`));
  } catch {
    broken ||= Date.now();
    retry = setTimeout(open, 2000);
    return;
  }
  broken = 0;
  draw();
  const url = new URL(box.dataset.tailUrl, location.href);
  url.searchParams.set("after", total);
  source = new EventSource(url);
  source.addEventListener("log", (event) => arrived(JSON.parse(event.data)));
  source.addEventListener("open", () => {
    silent = 0; // else it is said anew
  });
  source.addEventListener("silent", (event) => {
    const { seconds } = JSON.parse(event.data);
    silent = seconds && Date.now() - seconds * 1000;
    late = 0;
    say();
  });
  source.addEventListener("done", () => {
    source.close();
    source = null;
    delete box.dataset.tailUrl;
    say();
  });
  source.addEventListener("error", () => {
    source?.close();
    source = null;
    broken ||= Date.now();
    clearTimeout(retry);
    retry = setTimeout(open, 1000);
  });
};
document.addEventListener("visibilitychange", () => {
  if (!box.dataset.tailUrl) return;
  clearTimeout(retry);
  if (document.hidden) {
    source?.close();
    source = null;
  } else open();
});
setInterval(() => box.dataset.tailUrl && say(), 1000);

// What the server wrote into the page is here already.
const written = (item) => {
  const number = item.querySelector(".lv-no");
  const [step, at] = number.title.split(", ");
  const said = [...item.querySelector(".lv-text").childNodes].filter((node) => !node.classList?.contains("lv-mark") && !node.classList?.contains("visually-hidden"));
  const stream = item.classList.contains("lv-note") ? "note" : "out";
  const spans = said.map((node) => [node.className ?? "", node.textContent]);
  return { first: item.value, step, stream, at, lines: [spans] };
};
keep([...rows.children].map(written));
box.classList.add("lv-live");
view.append(room);
const wanted = /^#L(\d+)$/.exec(location.hash);
followBox.checked = !here && !wanted && Boolean(box.dataset.tailUrl);
measure();
room.style.height = `${tall()}px`;
if (wanted || here) go(wanted ? Number(wanted[1]) : here);
else {
  view.scrollTop = view.scrollHeight;
  draw();
}
if (box.dataset.tailUrl) open();
