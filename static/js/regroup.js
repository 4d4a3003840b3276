// What every page can do with JavaScript, and does without where it must: see templates/base.html.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---- Said aloud, politely and seldom: the last of several sentences within two seconds is the one spoken.
const SPEAK_EVERY = 2000;
let spokenAt = 0;
let toSpeak = "";
let speaking = 0;
const speak = () => {
  speaking = 0;
  spokenAt = Date.now();
  $("#live").textContent = toSpeak;
};
const announce = (sentence) => {
  toSpeak = sentence;
  if (!speaking) speaking = setTimeout(speak, Math.max(50, SPEAK_EVERY - (Date.now() - spokenAt)));
};
document.addEventListener("regroup:announce", (event) => announce(event.detail));

// ---- Theme: system, light, dark in turn (theme.js applies and remembers it).
const THEMES = { system: "light", light: "dark", dark: "system" };
const nameTheme = () => {
  const theme = document.documentElement.dataset.theme;
  const words = theme === "system" ? "Theme: follows the system" : `Theme: ${theme}`;
  for (const button of $$("[data-theme-toggle]")) {
    button.title = words;
    $("[data-theme-words]", button).textContent = `${words}. Change it`;
  }
};
const turnTheme = () => {
  const next = THEMES[document.documentElement.dataset.theme] ?? "system";
  document.dispatchEvent(new CustomEvent("regroup:theme", { detail: next }));
  nameTheme();
  announce(next === "system" ? "The theme follows the system" : `The theme is ${next}`);
};

// ---- Rail on narrow screens.
const turnRail = (open) => {
  const button = $(".nav-toggle");
  button?.setAttribute("aria-expanded", String(open));
  $(".shell")?.classList.toggle("rail-open", open);
};

// ---- Copy buttons. Where the page is not served securely there is no clipboard API: a selection is copied instead.
const copyText = async (text) => {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("refused");
};
const textToCopy = (button) => {
  if (button.dataset.copyFrom === undefined) return button.dataset.copy;
  const lines = $$(".log-text", document.getElementById(button.dataset.copyFrom));
  return lines.map((line) => line.textContent).join("\n") + "\n";
};
const copy = async (button) => {
  try {
    await copyText(textToCopy(button));
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
    announce("Copied");
  } catch {
    announce("The browser did not allow copying; select the text instead");
  }
  button.focus();
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".copy")) copy(button);
  else if (button.matches("[data-theme-toggle]")) turnTheme();
  else if (button.matches(".nav-toggle")) turnRail(button.getAttribute("aria-expanded") !== "true");
  else if (button.matches("[data-confirm-close]")) {
    const details = button.closest("details");
    details.open = false;
    $("summary", details).focus();
  }
});

// ---- Keys: "/" or Ctrl-K goes to the search box, Escape closes the rail or an open confirmation.
const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
document.addEventListener("keydown", (event) => {
  const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
  const controlK = event.key === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (slash || controlK) {
    const box = $("#search-q");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "Escape") {
    const open = event.target.closest("details[data-confirm][open]");
    if (open) {
      open.open = false;
      $("summary", open).focus();
    } else if ($(".shell.rail-open")) {
      turnRail(false);
      $(".nav-toggle").focus();
    }
  }
});

// ---- Nothing typed is ever lost: forms with data-keep and an id are kept for this tab until they got through.
const keepKey = (form) => `regroup-keep:${document.body.dataset.user ?? ""}:${location.pathname}:${form.id}`;
const kept = (field) =>
  field.name && field.name !== "csrfmiddlewaretoken" && !["password", "file", "hidden", "submit"].includes(field.type);
const read = (form) => {
  const values = {};
  for (const field of form.elements) {
    if (!kept(field)) continue;
    const value = ["checkbox", "radio"].includes(field.type)
      ? field.checked
      : field.multiple
        ? [...field.selectedOptions].map((option) => option.value)
        : field.value;
    (values[field.name] ??= []).push(value);
  }
  return values;
};
const write = (form, values) => {
  const seen = {};
  let changed = false;
  for (const field of form.elements) {
    if (!kept(field)) continue;
    const value = values[field.name]?.[(seen[field.name] = (seen[field.name] ?? -1) + 1)];
    if (value === undefined) continue;
    if (["checkbox", "radio"].includes(field.type)) {
      changed ||= field.checked !== value;
      field.checked = value;
    } else if (Array.isArray(value)) {
      for (const option of field.options) option.selected = value.includes(option.value);
    } else {
      changed ||= field.value !== value;
      field.value = value;
    }
  }
  return changed;
};
const store = (key, value) => {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden storage: the form still works, it is only not kept.
  }
};
const stored = (key) => {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
};
const sayRestored = (form, key, at) => {
  const note = document.createElement("p");
  note.className = "kept-note";
  note.setAttribute("role", "status");
  const when = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  note.append(`What you typed at ${when} is back. `);
  const forget = document.createElement("button");
  forget.type = "button";
  forget.className = "btn-link";
  forget.textContent = "Start empty instead";
  forget.addEventListener("click", () => {
    store(key, null);
    form.reset();
    note.remove();
    form.elements[0]?.focus();
  });
  note.append(forget);
  form.prepend(note);
};
const keepForm = (form) => {
  const key = keepKey(form);
  const entry = stored(key);
  // A form the server sent back already carries what was typed, and knows more (its errors).
  if (entry && !form.hasAttribute("data-bound") && write(form, entry.values)) {
    sayRestored(form, key, entry.at);
    form.dispatchEvent(new Event("regroup:restored", { bubbles: true }));
  }
  let timer = 0;
  const save = (sent) => store(key, { values: read(form), at: Date.now(), sent });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(false), 250);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    save(true);
  });
};
// A form that was sent and does not come back, on a page that is neither sign-in nor an error, got through.
const forgetSent = () => {
  if (!document.body.dataset.user || $('meta[name="regroup-error"]')) return;
  const here = new Set($$("form[data-keep][id]").map(keepKey));
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("regroup-keep:") && !here.has(key) && stored(key)?.sent) store(key, null);
  }
};
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-sign-out]")) return;
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("regroup-keep:")) store(key, null);
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.requestSubmit();
});

// ---- Ticking: elapsed times count from what the server said (its clock, not ours); relative times are said anew.
const seenAt = new WeakMap();
const pad = (number) => String(number).padStart(2, "0");
const durationWords = (seconds) => {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
};
const tick = () => {
  for (const element of $$("[data-since]")) {
    if (!seenAt.has(element)) seenAt.set(element, performance.now());
    const base =
      element.dataset.elapsed !== undefined
        ? Number(element.dataset.elapsed)
        : (Date.now() - performance.now() + seenAt.get(element) - Date.parse(element.dataset.since)) / 1000;
    const now = base + (performance.now() - seenAt.get(element)) / 1000;
    if (!(now >= 0)) continue;
    const words = now < 10 ? `${Math.floor(now)} s` : durationWords(now);
    if (element.textContent !== words) element.textContent = words;
  }
  for (const element of $$("[data-until]")) {
    const left = Math.max(0, Math.ceil((Date.parse(element.dataset.until) - Date.now()) / 1000));
    const words = left < 100 ? `${left} s` : durationWords(left);
    if (element.textContent !== words) element.textContent = words;
  }
};
const UNITS = [
  [60, 59.5, "minute"],
  [3600, 23.5, "hour"],
  [86400, 59.5, "day"],
];
const relativeWords = (seconds) => {
  const far = Math.abs(seconds);
  if (far < 45) return "just now";
  for (const [size, below, word] of UNITS) {
    if (far >= below * size) continue;
    const count = Math.max(1, Math.round(far / size));
    const words = `${count} ${word}${count === 1 ? "" : "s"}`;
    return seconds > 0 ? `${words} ago` : `in ${words}`;
  }
  return null;
};
const sayTimes = () => {
  for (const element of $$("[data-when]")) {
    const words = relativeWords((Date.now() - Date.parse(element.dataset.when)) / 1000);
    const target = $("[data-when-words]", element);
    if (words && target && target.textContent !== words) target.textContent = words;
  }
};

// ---- htmx: the CSRF token, errors in words, and a refresh that disturbs nobody.
document.addEventListener("htmx:configRequest", (event) => {
  const token = $('meta[name="csrf-token"]')?.content;
  if (token) event.detail.headers["X-CSRFToken"] = token;
});
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  announce(status === 403 ? "That is not allowed any more. Reload the page." : `The server answered ${status}. Reload the page.`);
});
document.addEventListener("htmx:sendError", () => announce("The server cannot be reached; the page tries again."));

const openByHand = new Map();
document.addEventListener("click", (event) => {
  const details = event.target.closest("summary")?.parentElement;
  // The click comes before the element opens: what it will be is the opposite of what it is.
  if (details?.dataset.keepOpen) openByHand.set(details.dataset.keepOpen, !details.open);
});
let scrolled = [];
let typed = [];
let focused = null;
let caret = null;
let spokenFor = "";
const READ_BY = 5000; // milliseconds in which a message of the page's has been read
document.addEventListener("htmx:beforeSwap", () => {
  scrolled = $$("[data-log-of]").map((log) => [log.id, log.scrollTop]);
  typed = $$("textarea[id], input[id]:not([type=checkbox], [type=radio], [type=file])")
    .filter((field) => field.value !== field.defaultValue)
    .map((field) => [field.id, field.value]);
  const active = document.activeElement;
  focused = active?.matches("summary") ? active.parentElement.dataset.keepOpen : null;
  caret = active?.id ? [active.id, active.selectionStart, active.selectionEnd] : null;
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const details of $$("details[data-keep-open]")) {
    if (openByHand.has(details.dataset.keepOpen)) details.open = openByHand.get(details.dataset.keepOpen);
  }
  for (const [id, top] of scrolled) {
    const log = document.getElementById(id);
    if (log) log.scrollTop = top;
  }
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field && field.value === field.defaultValue) field.value = value;
  }
  if (focused) $(`details[data-keep-open="${CSS.escape(focused)}"] > summary`)?.focus({ preventScroll: true });
  // htmx gives the focus back too, but not into what was closed at that moment.
  const again = caret && document.activeElement === document.body ? document.getElementById(caret[0]) : null;
  again?.focus({ preventScroll: true });
  if (again?.setSelectionRange && typeof caret[1] === "number") again.setSelectionRange(caret[1], caret[2]);
  const target = event.detail.target;
  if (target?.matches(".field-error")) {
    const input = $(`[aria-describedby~="${CSS.escape(target.id)}"]`);
    const wrong = target.textContent.trim() !== "";
    input?.toggleAttribute("aria-invalid", wrong);
    if (wrong) input?.setAttribute("aria-invalid", "true");
  }
  sayAnnounced();
  tick();
});
// “Queued to run.” is no longer news on a page that says “Done”; what went wrong stays.
const forgetWhatWas = () => {
  if (performance.now() < READ_BY) return;
  for (const told of $$(".messages .callout:is([data-tone=ok], [data-tone=info])")) told.remove();
};
const sayAnnounced = () => {
  const sentence = $$("[data-announce]")
    .map((element) => element.dataset.announce)
    .join(" ");
  if (sentence && spokenFor && sentence !== spokenFor) {
    announce(sentence);
    forgetWhatWas();
  }
  spokenFor = sentence || spokenFor;
};

// ---- Start.
nameTheme();
for (const form of $$("form[data-keep][id]")) keepForm(form);
forgetSent();
sayAnnounced();
tick();
setInterval(tick, 1000);
setInterval(sayTimes, 30000);
$("#form-errors")?.focus();
