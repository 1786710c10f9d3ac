// Builds the page out of nodes. Text from outside only ever becomes a text node, never markup.

const SVG = "http://www.w3.org/2000/svg";
// Embeddings and overrides of text direction: they can make "cod.exe" read as "exe.doc".
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;
// Control characters except tab and line feed: nothing that a reader is meant to see.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** `text` without the characters that hide what it says. */
export const plain = (text) =>
  String(text ?? "")
    .replace(DIRECTION, "")
    .replace(CONTROL, "");

/**
 * A new element. Properties that begin with "on" are listeners, null and false are left out, all
 * others become attributes; strings among the children become text.
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Text from a document, isolated from the direction of what surrounds it. */
export const foreign = (text, tag = "bdi", properties = {}) =>
  el(tag, { dir: "auto", ...properties }, plain(text));

/** One of the symbols of the page. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** A button that is only a symbol; `label` is its name. */
export const iconButton = (name, label, onclick, properties = {}) =>
  el(
    "button",
    {
      class: "icon-button",
      type: "button",
      "aria-label": label,
      title: label,
      onclick,
      ...properties,
    },
    icon(name),
  );

/**
 * Scroll `container` so that `target` is at this share of its height. Unlike `scrollIntoView` this
 * moves nothing else.
 */
export function scrollWithin(container, target, share = 0) {
  const away = target.getBoundingClientRect().top - container.getBoundingClientRect().top;
  container.scrollTop += away - share * container.clientHeight;
}

/** A shallow copy of the focus, to give back when what took it closes. */
export function rememberFocus() {
  const before = document.activeElement;
  return () => {
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
}
