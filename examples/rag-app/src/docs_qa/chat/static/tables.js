// Tables written with pipes, as documents hold them and models write them.

import { el } from "./dom.js";

const ROW = /^\s*\|.*\|\s*$/;
const RULE = /^[\s|:-]+$/;

/** Whether a line is a row of a table. */
export const isRow = (line) => ROW.test(line);

/** The cells of a row. */
export const cells = (line) =>
  line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));

/**
 * A table of these lines; `content(text, index)` makes the nodes of a cell in the line `index`.
 * The first row is its head if a line of dashes follows.
 */
export function table(lines, content) {
  const headed = lines.length > 1 && RULE.test(lines[1]);
  const row = (line, index) => {
    if (RULE.test(line)) return null;
    const [tag, properties] = headed && index === 0 ? ["th", { scope: "col" }] : ["td", {}];
    return el(
      "tr",
      {},
      cells(line).map((text) => el(tag, properties, content(text, index))),
    );
  };
  return el("div", { class: "table", tabindex: "0" }, el("table", {}, lines.map(row)));
}
