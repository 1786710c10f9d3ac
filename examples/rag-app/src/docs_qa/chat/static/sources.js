// The passages that an answer rests on, as a list under it.

import { el, foreign, plain } from "./dom.js";
import { kindOf } from "./words.js";

/** "Section > Part" as a path; nothing for a document without sections. */
export const sectionPath = (section) =>
  plain(section)
    .split(" > ")
    .filter(Boolean)
    .map((part) => el("span", { class: "step" }, el("bdi", {}, part)));

/** "page 12 · PDF". */
export const place = ({ page, kind }) =>
  [page ? `page ${page}` : null, kindOf(kind)].filter(Boolean).join(" · ");

/** The list; `open(number)` shows a passage. */
export function sourceList(sources, open) {
  // Scores have no scale of their own: the bars compare passages of one answer.
  const best = Math.max(...sources.map(({ score }) => score), Number.EPSILON);
  return el(
    "ol",
    {},
    sources.map((source) => row(source, best, open)),
  );
}

function row(source, best, open) {
  const { number, title, document, section, score } = source;
  const share = Math.round(Math.max(0, score / best) * 5);
  const button = el(
    "button",
    { class: "source", type: "button", onclick: () => open(number) },
    el("span", { class: "number", "aria-hidden": "true" }, String(number)),
    el("span", { class: "unseen" }, `Source ${number}: `),
    el(
      "span",
      { class: "where" },
      foreign(title || document, "bdi", { class: "step" }),
      sectionPath(section),
    ),
    el("span", { class: "facts" }, place(source)),
    el("span", { class: `strength s${share}`, "aria-hidden": "true" }),
    el("span", { class: "unseen" }, ", score "),
    el("span", { class: "score", title: `Score ${score.toFixed(3)}` }, score.toFixed(2)),
  );
  return el("li", { "data-number": number }, button);
}
