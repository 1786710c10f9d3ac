// The little Markdown that answers use, as nodes: paragraphs, headings, lists, tables, quotes,
// code, bold, italics. Links and images stay text: an answer may repeat what a hostile document told the model,
// and a link or an image is how such text would carry data away.

import { el, plain } from "./dom.js";
import { isRow, table } from "./tables.js";

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^#{1,6}\s+(.*)$/;
const ITEM = /^\s*(?:[-*+•]|(\d{1,3})[.)])\s+(.*)$/;
const QUOTE = /^>\s?(.*)$/;
// In this order: code hides what is in it; a citation is [1] or [1, 2], with the space before it.
const CITATION = /\s*\[(?<numbers>\d{1,2}(?:\s*,\s*\d{1,2})*)\]/g;
const INLINE = new RegExp(
  [
    /`(?<code>[^`\n]+)`/,
    /\*\*(?<bold>.+?)\*\*/,
    /(?<![\w*])\*(?<italic>[^*\n]+)\*(?![\w*])/,
    CITATION,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gs",
);

/** The blocks of `text`: `{type, lines}` with type paragraph, heading, list, table, quote or code. */
export function blocks(text) {
  const found = [];
  let open = null;
  const add = (type, line) => {
    if (open?.type !== type) found.push((open = { type, lines: [] }));
    open.lines.push(line);
  };
  let fenced = false;
  for (const line of plain(text).split("\n")) {
    if (FENCE.test(line)) {
      fenced = !fenced;
      open = null;
      if (fenced) found.push((open = { type: "code", lines: [] }));
    } else if (fenced) open.lines.push(line);
    else if (!line.trim()) open = open?.type === "list" ? open : null;
    else if (HEADING.test(line)) {
      open = null;
      add("heading", HEADING.exec(line)[1]);
      open = null;
    } else if (ITEM.test(line))
      add(ordered(line) === ordered(open?.lines[0]) ? "list" : fresh(), line);
    else if (isRow(line)) add("table", line);
    else if (QUOTE.test(line)) add("quote", QUOTE.exec(line)[1]);
    else if (open?.type === "list" && /^\s/.test(line))
      open.lines.push(`${open.lines.pop()} ${line.trim()}`);
    else add("paragraph", line);
  }
  return found;

  /** End the open block, so that a list of the other kind begins anew. */
  function fresh() {
    open = null;
    return "list";
  }
}

/** Whether a line is a numbered item; undefined counts as none. */
const ordered = (line) => (line === undefined ? null : Boolean(ITEM.exec(line)?.[1]));

/** Text with inline marks as nodes; `cite(number, before)` makes the node of a citation. */
function inline(text, cite, marks = INLINE) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(marks)) {
    nodes.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const { code, bold, italic, numbers } = match.groups;
    if (code !== undefined) nodes.push(el("code", {}, code));
    else if (bold !== undefined) nodes.push(el("strong", {}, inline(bold, cite)));
    else if (italic !== undefined) nodes.push(el("em", {}, inline(italic, cite)));
    else nodes.push(...citations(numbers, text.slice(0, match.index), match[0], cite));
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

/** The buttons of "[1, 2]"; the text itself where a number has no source. */
function citations(numbers, before, whole, cite) {
  const made = numbers.split(",").map((number) => cite(Number(number), before));
  return made.every(Boolean) ? made : [whole];
}

function node({ type, lines }, cite) {
  if (type === "quoted") return el("p", { dir: "auto" }, inline(lines[0], cite, CITATION));
  if (type === "code") return el("pre", { tabindex: "0" }, el("code", {}, lines.join("\n")));
  if (type === "table") return table(lines, (text) => inline(text, cite));
  if (type === "list") {
    const items = lines.map((line) => el("li", {}, inline(ITEM.exec(line)[2], cite)));
    const first = ITEM.exec(lines[0])[1];
    return el(first ? "ol" : "ul", first ? { start: first } : {}, items);
  }
  const tag = { heading: "h4", quote: "blockquote", paragraph: "p" }[type];
  return el(tag, { dir: "auto" }, inline(lines.join("\n"), cite));
}

/** Quoted sentences: paragraphs with citations. What looks like Markdown is the document's. */
const quoted = (text) =>
  plain(text)
    .split(/\n{2,}/)
    .filter((part) => part.trim())
    .map((part) => ({ type: "quoted", lines: [withoutPipes(part)] }));

/** Rows of tables that are quoted among sentences, with dots between their cells. */
export const withoutPipes = (text) =>
  text
    .replace(/\s*\|[\s|]*/g, " · ")
    .replace(/^ · /, "")
    .replace(/ · (?=\[|…|$)|(?<=…) · /g, " ");

/**
 * Show an answer in `container`. While it streams in, only blocks that changed are replaced, so
 * that focus and selection in earlier ones survive.
 *
 * @param {boolean} written by a model, which may use Markdown; else quoted from documents
 * @param {Function} cite makes the node of a citation: `cite(number, text before it)`
 */
export function render(container, text, written, cite) {
  const shown = container.rendered ?? [];
  const wanted = (written ? blocks(text) : quoted(text)).map((block) => ({
    block,
    source: JSON.stringify(block),
  }));
  const same = wanted.findIndex(({ source }, index) => source !== shown[index]);
  const keep = same < 0 ? wanted.length : same;
  while (container.children.length > keep) container.lastElementChild.remove();
  container.append(...wanted.slice(keep).map(({ block }) => node(block, cite)));
  container.rendered = wanted.map(({ source }) => source);
}
