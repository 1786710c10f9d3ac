// The two side panels. Wide windows show them beside the conversation; in narrow ones they cover
// it, and everything behind them is inert until they close.

import { byId, rememberFocus } from "./dom.js";

const wide = {
  documents: matchMedia("(min-width: 60rem)"),
  passage: matchMedia("(min-width: 80rem)"),
};
const open = { documents: wide.documents.matches, passage: false };
const restore = {};

const covers = (name) => open[name] && !wide[name].matches;

function show() {
  const covering = ["passage", "documents"].find(covers);
  for (const name of ["documents", "passage"]) {
    byId(name).hidden = !open[name];
    byId(name).inert = Boolean(covering) && covering !== name;
  }
  byId("main").inert = Boolean(covering);
  document.querySelector(".bar").inert = Boolean(covering);
  byId("scrim").hidden = !covering;
  byId("documents-toggle").setAttribute("aria-expanded", String(open.documents));
}

/** Whether a panel is open. */
export const isOpen = (name) => open[name];

/** Open a panel and move the focus into it where it covers the page, or if `focus` is true. */
export function openPanel(name, focus = false) {
  if (!open[name]) restore[name] = rememberFocus();
  open[name] = true;
  show();
  if (focus || covers(name)) byId(name).querySelector(".panel-head button")?.focus();
}

/** Close a panel; the focus goes back to where it was. */
export function closePanel(name) {
  if (!open[name]) return;
  open[name] = false;
  show();
  restore[name]?.();
  delete restore[name];
}

/** Close the panel that is on top; false if there is none. */
export function closeTopPanel() {
  const top = ["passage", "documents"].find(
    (name) => covers(name) || (name === "passage" && open.passage),
  );
  if (top) closePanel(top);
  return Boolean(top);
}

/** Wire the buttons; call once. */
export function startPanels() {
  byId("documents-toggle").addEventListener("click", () => {
    if (open.documents) closePanel("documents");
    else openPanel("documents");
  });
  document
    .querySelector(".documents .panel-close")
    .addEventListener("click", () => closePanel("documents"));
  byId("scrim").addEventListener("click", closeTopPanel);
  wide.documents.addEventListener("change", ({ matches }) => {
    open.documents = matches;
    show();
  });
  wide.passage.addEventListener("change", show);
  show();
}
