// Before the first paint: the theme chosen here earlier, else none, which follows the system (color-scheme in regroup.css).
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  let chosen = null;
  try {
    chosen = localStorage.getItem("regroup-theme");
  } catch {
    // Storage may be forbidden: then the system's theme it is.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = (theme) => {
    root.dataset.theme = theme;
    const actual = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
    root.setAttribute("data-bs-theme", actual);
  };
  show(chosen === "light" || chosen === "dark" ? chosen : "system");
  dark.addEventListener("change", () => show(root.dataset.theme));
  document.addEventListener("regroup:theme", (event) => {
    show(event.detail);
    try {
      localStorage.setItem("regroup-theme", event.detail);
    } catch {
      // As above: the choice holds for this page only.
    }
  });
})();
