// The change page while it runs: log lines as they are written, steps as they move, by server-sent events.
//
//   <div data-events-url="/changes/7/events" data-last-seq="120" data-seen="stamp of the page"></div>
//   event log    id: 122   data: {"pieces":[{"first":121,"step":"restore","attempt":1,"stream":"out","at":"ISO","lines":["…","…"]}]}
//                          a coloured line is its spans, [[classes,text],…]
//   event steps            the partials #head and #steps are asked for again (body gets "refresh-steps")
//   event done             the same, and the stream is closed
//
// The cursor is the last line's number: the browser sends it as Last-Event-ID when it reconnects by itself,
// and we put it in ?after= when we must open the stream anew. A line comes once, however often it is sent.
// Numbers are of one run; line 1 after others is the first of a new run. ?seen= is the stamp of what the page
// shows (data-stamp in a refreshed partial), so that what moved before the stream was open is told too.

const holder = document.querySelector("[data-events-url]");
const MOST_LINES = 300; // in one log, as in pages/step_rows.py; the earlier ones are in the whole log
// As in templates/components/log_block.html.
const MARKS = { note: ["›", "Regroup"], err: ["!", "error output"], stderr: ["!", "error output"] };
const WAITS = [1000, 2000, 5000, 10000, 30000];
const waitAfter = (failures) => WAITS[Math.min(failures, WAITS.length) - 1];
const ANSWER_WITHIN = 15000;

let last = Number(holder?.dataset.lastSeq ?? 0);
let source = null;
let failures = 0;
let finished = false;
let waiting = []; // lines not drawn yet: the next frame draws them together
let homeless = []; // lines of a step whose log is not on the page yet

const logOf = (step) => document.querySelector(`[data-log-of="${CSS.escape(step)}"]`);

const textOf = (line) => (typeof line === "string" ? line : line.map(([, text]) => text).join(""));

const lineItem = (line) => {
  const item = document.createElement("li");
  item.value = line.seq;
  item.dataset.seq = line.seq;
  item.dataset.stream = line.stream;
  if (line.attempt) item.dataset.attempt = line.attempt;
  if (line.at) item.title = line.at;
  const [sign, said] = MARKS[line.stream] ?? [];
  if (sign) {
    const mark = document.createElement("span");
    mark.className = "log-mark";
    mark.setAttribute("aria-hidden", "true");
    mark.textContent = sign;
    const words = document.createElement("span");
    words.className = "visually-hidden";
    words.textContent = `${said}: `;
    item.append(mark, words);
  }
  const text = document.createElement("span");
  text.className = "log-text";
  text.textContent = showUnseen(line.text);
  item.append(text);
  return item;
};

// As pages/wording.py does: characters that hide or turn text around are written out.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const showUnseen = (text) =>
  text.replace(UNSEEN, (char) =>
    char === "\t" || char === "\n" ? char : `‹U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›`,
  );

const seqOf = (item) => Number(item?.dataset.seq ?? 0);

// Puts items (li with data-seq) where their numbers belong, each once. Nearly always that is the end.
const place = (log, items) => {
  for (const item of items) {
    let before = log.lastElementChild;
    while (before && seqOf(before) > seqOf(item)) before = before.previousElementSibling;
    if (before && seqOf(before) === seqOf(item)) continue;
    if (before) before.after(item);
    else log.prepend(item);
  }
  const surplus = log.children.length - MOST_LINES;
  for (let i = 0; i < surplus; i += 1) log.firstElementChild.remove();
};

const follow = (log) => {
  if (log.closest(".log")?.querySelector("[data-log-follow]")?.checked) log.scrollTop = log.scrollHeight;
};

const draw = () => {
  const byStep = new Map();
  for (const line of homeless.concat(waiting)) {
    if (!byStep.has(line.step)) byStep.set(line.step, []);
    byStep.get(line.step).push(line);
  }
  waiting = [];
  homeless = [];
  for (const [step, lines] of byStep) {
    const log = logOf(step);
    if (!log) {
      homeless.push(...lines);
      continue;
    }
    place(log, lines.slice(-MOST_LINES).map(lineItem));
    follow(log);
  }
  if (homeless.length > MOST_LINES) homeless = homeless.slice(-MOST_LINES);
};

// A timer and not an animation frame: a tab in the background has no frames, and must be right when it comes back.
let drawing = 0;
const drawSoon = () => {
  drawing ||= setTimeout(() => {
    drawing = 0;
    draw();
  }, 40);
};

let refreshing = 0;
let asking = false;
let again = false;
let unanswered = 0;
const refreshSoon = () => {
  refreshing ||= setTimeout(() => {
    refreshing = 0;
    again = asking;
    if (!asking) window.htmx?.trigger(document.body, "refresh-steps");
  }, 150);
};

// htmx queues what is asked for while an answer is on its way, and forgets it with the element that the answer replaces.
// What moved last would never be shown, so it is asked for again once the answer is there; and so it is where none came.
// (The new element hears of it at once, since htmx's settle delay is 0: see base.html.)
const isPart = (element) => element?.matches('[hx-trigger*="refresh-steps"]');
document.addEventListener("htmx:configRequest", (event) => {
  if (isPart(event.detail.elt)) event.detail.timeout = ANSWER_WITHIN;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isPart(event.detail.requestConfig?.elt)) asking = true;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!isPart(event.detail.requestConfig?.elt)) return;
  asking = false;
  const { status } = event.detail.xhr;
  unanswered = status === 0 || status >= 500 ? unanswered + 1 : 0;
  if (unanswered) setTimeout(refreshSoon, waitAfter(unanswered));
  else if (again) refreshSoon();
  again = false;
});

const newRun = () => {
  last = 0;
  waiting = [];
  homeless = [];
  for (const log of document.querySelectorAll("[data-log-of]")) log.replaceChildren();
};

const say = (sentence) => document.dispatchEvent(new CustomEvent("regroup:announce", { detail: sentence }));

const open = () => {
  const url = new URL(holder.dataset.eventsUrl, location.href);
  url.searchParams.set("after", last);
  const seen = document.querySelector("[data-stamp]")?.dataset.stamp ?? holder.dataset.seen;
  if (seen) url.searchParams.set("seen", seen);
  source = new EventSource(url);
  source.addEventListener("open", () => {
    if (failures > 0) refreshSoon(); // steps may have moved while we were away
    failures = 0;
    holder.dataset.stream = "open";
  });
  source.addEventListener("log", (event) => {
    for (const { first, lines, ...common } of JSON.parse(event.data).pieces) {
      if (first === 1 && last > 1) newRun();
      for (const [at, line] of lines.entries()) {
        if (first + at <= last) continue;
        last = first + at;
        waiting.push({ ...common, seq: last, text: textOf(line) });
      }
    }
    drawSoon();
  });
  source.addEventListener("steps", refreshSoon);
  source.addEventListener("done", () => {
    finished = true;
    source.close();
    holder.dataset.stream = "done";
    refreshSoon();
  });
  source.addEventListener("error", () => {
    holder.dataset.stream = "broken";
    failures += 1;
    if (failures === WAITS.length) say("Live updates have stopped; the page goes on trying. Reload it to be sure.");
    // The browser reconnects by itself unless the server refused; then we do, ever slower, and ask for the steps meanwhile.
    if (source.readyState !== EventSource.CLOSED || finished) return;
    refreshSoon();
    setTimeout(open, waitAfter(failures));
  });
};

// Following is what one does by looking at the end: scrolling up stops it, scrolling to the end resumes it.
document.addEventListener(
  "scroll",
  (event) => {
    const log = event.target;
    if (!(log instanceof Element) || !log.matches("[data-log-of]")) return;
    const box = log.closest(".log")?.querySelector("[data-log-follow]");
    if (box) box.checked = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  },
  true,
);
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-log-follow]") || !event.target.checked) return;
  const log = event.target.closest(".log").querySelector("[data-log-of]");
  log.scrollTop = log.scrollHeight;
});

// A refreshed partial keeps the logs shown (hx-preserve); lines it knows and we do not are taken over first.
document.addEventListener("htmx:beforeSwap", (event) => {
  const html = event.detail.serverResponse;
  if (!html.includes("data-log-of")) return;
  for (const fresh of new DOMParser().parseFromString(html, "text/html").querySelectorAll("[data-log-of]")) {
    const log = logOf(fresh.dataset.logOf);
    if (log) place(log, [...fresh.children].map((item) => document.importNode(item, true)));
  }
});
document.addEventListener("htmx:afterSwap", () => {
  draw();
  document.querySelectorAll("[data-log-of]").forEach(follow);
});
window.addEventListener("pagehide", () => source?.close());
window.addEventListener("pageshow", (event) => {
  if (event.persisted && !finished) open();
});

for (const log of document.querySelectorAll("[data-log-of]")) log.scrollTop = log.scrollHeight;
if (holder && holder.dataset.eventsUrl) open();
