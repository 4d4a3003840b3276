// The grid of bonds: arrow keys, the sentence of a cell, and cells that change where they stand.
// Without it every cell is a link, and the list says all of it.

const grid = document.querySelector("[data-grid]");
const tip = document.getElementById("tip");
const EVERY = 5000;

// ---- The same as a list or a table, one key away: "t", while nothing is typed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "t" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  document.querySelector("a[data-twin]")?.click();
});

const cells = grid ? [...grid.getElementsByClassName("cell")] : [];
const place = new Map(cells.map((cell, index) => [cell, index]));

// ---- One stop of the tab key for all cells; arrows go from cell to cell, up and down by what stands above and below.
let current = 0;
const stand = (index) => {
  const next = cells[Math.max(0, Math.min(cells.length - 1, index))];
  if (!next) return;
  cells[current].tabIndex = -1;
  current = place.get(next);
  next.tabIndex = 0;
  next.focus();
};
const across = (cell, down) => {
  const from = cell.getBoundingClientRect();
  const step = down ? 1 : -1;
  let best = -1;
  for (let i = place.get(cell) + step; i >= 0 && i < cells.length; i += step) {
    const at = cells[i].getBoundingClientRect();
    if (Math.abs(at.top - from.top) < 2) continue;
    if (best >= 0 && Math.abs(at.top - cells[best].getBoundingClientRect().top) >= 2) break;
    if (best < 0 || Math.abs(at.left - from.left) < Math.abs(cells[best].getBoundingClientRect().left - from.left)) best = i;
  }
  return best < 0 ? place.get(cell) : best;
};
const KEYS = {
  ArrowRight: (cell) => place.get(cell) + 1,
  ArrowLeft: (cell) => place.get(cell) - 1,
  ArrowDown: (cell) => across(cell, true),
  ArrowUp: (cell) => across(cell, false),
  Home: () => 0,
  End: () => cells.length - 1,
};
grid?.addEventListener("keydown", (event) => {
  const cell = event.target.closest(".cell");
  if (event.key === "Escape") hide();
  if (!cell || !KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  stand(KEYS[event.key](cell));
});

// ---- The sentence of a cell on hover, focus and tap. A tap shows it, a second one opens the bond.
const told = new Map();
let wanted = null;
let waiting = 0;
const hide = () => {
  wanted = null;
  clearTimeout(waiting);
  if (tip) tip.hidden = true;
};
const show = async (cell) => {
  const key = cell.id.slice(1);
  if (!told.has(key)) {
    try {
      const answer = await fetch(`${grid.dataset.tips}${key}`, { credentials: "same-origin" });
      if (!answer.ok) return;
      told.set(key, await answer.text());
    } catch {
      return;
    }
  }
  if (wanted !== cell) return;
  tip.innerHTML = told.get(key);
  tip.hidden = false;
};
const want = (cell, delay) => {
  if (wanted === cell) return;
  wanted = cell;
  clearTimeout(waiting);
  waiting = setTimeout(() => show(cell), delay);
};
let touched = null;
grid?.addEventListener("pointerover", (event) => {
  const cell = event.target.closest(".cell");
  if (cell && event.pointerType !== "touch") want(cell, 90);
});
grid?.addEventListener("pointerleave", (event) => {
  if (event.pointerType !== "touch") hide();
});
grid?.addEventListener("focusin", (event) => {
  const cell = event.target.closest(".cell");
  if (cell) want(cell, 150);
});
grid?.addEventListener("pointerdown", (event) => {
  touched = event.pointerType === "touch" ? event.target.closest(".cell") : null;
});
grid?.addEventListener("click", (event) => {
  const cell = event.target.closest(".cell");
  if (!cell || touched !== cell || (wanted === cell && !tip.hidden)) return;
  event.preventDefault();
  wanted = null;
  want(cell, 0);
});

// ---- What has changed: cells keep their place, so that nothing jumps under the eye.
const looks = (grid?.dataset.glyphs ?? "").split(",").map((pair) => pair.split("|"));
const apply = (changes) => {
  let fresh = 0;
  for (const [key, rank] of changes) {
    const cell = document.getElementById(`b${key}`);
    if (!cell) {
      if (rank >= 0) fresh += 1;
      continue;
    }
    told.delete(String(key));
    const name = rank < 0 ? "cell gone" : `cell s${rank} fresh-change`;
    if (rank >= 0 && cell.classList.contains(`s${rank}`)) continue;
    cell.className = name;
    if (rank < 0) continue;
    cell.textContent = looks[rank][0];
    cell.setAttribute("aria-label", `${cell.getAttribute("aria-label").split(":")[0]}: ${looks[rank][1]}`);
  }
  return fresh;
};
// What it took, for whoever measures: in this script, and until the frame that shows it is made.
const measure = (count, start) => {
  const took = performance.now() - start;
  requestAnimationFrame(() =>
    setTimeout(() => {
      Object.assign(grid.dataset, { took: took.toFixed(1), frame: (performance.now() - start).toFixed(1), applied: count });
    }),
  );
};
let cursor = grid?.dataset.cursor;
const look = async () => {
  if (document.hidden || grid.dataset.paused) return;
  try {
    const answer = await fetch(`${grid.dataset.changes}?since=${encodeURIComponent(cursor)}`, { credentials: "same-origin" });
    if (!answer.ok) return;
    const { cursor: next, cells: changes, reload } = await answer.json();
    cursor = next;
    if (reload) return location.reload();
    const start = performance.now();
    apply(changes);
    if (changes.length) measure(changes.length, start);
  } catch {
    // The next look comes soon.
  }
};
if (grid) {
  for (const cell of cells) cell.tabIndex = -1;
  if (cells[0]) cells[0].tabIndex = 0;
  setInterval(look, EVERY);
  grid.addEventListener("regroup:look", look);
}
