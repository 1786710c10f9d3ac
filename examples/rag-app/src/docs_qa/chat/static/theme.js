"use strict";
// The system's theme, unless the reader chose the other one here. A classic script, run before the
// first paint, so that no light page flashes in a dark room.
(() => {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is refused in some private windows; the system's theme does.
  }
})();
