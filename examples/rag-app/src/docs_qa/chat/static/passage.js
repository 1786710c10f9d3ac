// The side panel with a cited passage: the text around it, and the sentence that was used.

import { request } from "./api.js";
import { byId, el, foreign, icon, iconButton, plain, scrollWithin } from "./dom.js";
import { closePanel, openPanel } from "./panels.js";
import { evidence } from "./sentences.js";
import { place, sectionPath } from "./sources.js";
import { isRow, table } from "./tables.js";

/** Paragraphs and tables, with the offset of each of their lines. */
function runs(text) {
  const found = [];
  let open = null;
  let start = 0;
  for (const line of text.split("\n")) {
    const rows = isRow(line);
    if (!line.trim()) open = null;
    else {
      if (open?.rows !== rows) found.push((open = { rows, lines: [] }));
      open.lines.push({ line, start });
    }
    start += line.length + 1;
  }
  return found;
}

/** The text of a passage: paragraphs and tables, with the sentence or rows in `span` marked. */
function body(text, span = { start: 0, end: 0 }) {
  return runs(text).map(({ rows, lines }) => {
    const texts = lines.map(({ line }) => line);
    if (!rows) return el("p", { dir: "auto" }, marked(texts.join("\n"), lines[0].start, span));
    const used = lines.map(
      ({ line, start }) => start < span.end && start + line.length > span.start,
    );
    return table(texts, (cell, index) => (used[index] ? [el("mark", {}, cell)] : [cell]));
  });
}

/** The part of a passage that begins at `start`, with what lies in `span` marked. */
function marked(text, start, span) {
  const from = Math.max(0, span.start - start);
  const to = Math.min(text.length, span.end - start);
  if (from >= to) return [text];
  return [text.slice(0, from), el("mark", {}, text.slice(from, to)), text.slice(to)];
}

const around = (text, label) =>
  text ? el("section", { class: "around", "aria-label": label }, body(plain(text))) : null;

export class PassagePanel {
  #root = byId("passage");
  #onlyThis;
  #last = 0;

  /** `onlyThis(id, title)` restricts the next questions to one document. */
  constructor(onlyThis) {
    this.#onlyThis = onlyThis;
  }

  /** Show the source `number` of `sources`; `claims` maps numbers to sentences of the answer. */
  async open(sources, number, claims) {
    const current = ++this.#last;
    const source = sources.find((candidate) => candidate.number === number);
    this.#show(sources, source, claims, { text: source.text });
    openPanel("passage", true);
    const passage = await this.#load(source);
    if (current === this.#last) this.#show(sources, source, claims, passage);
  }

  async #load(source) {
    try {
      return await request("GET", `/passages/${encodeURIComponent(source.passage)}`);
    } catch (problem) {
      const gone = problem.status === 404;
      const note = gone
        ? "The document has changed since; this is the passage as it was used."
        : "The text around it could not be loaded.";
      return { text: source.text, note };
    }
  }

  #show(sources, source, claims, passage) {
    const focused = this.#root.contains(document.activeElement)
      ? document.activeElement.ariaLabel
      : null;
    this.#root.replaceChildren(
      this.#head(sources, source, claims),
      this.#body(source, claims, passage),
    );
    if (focused) this.#root.querySelector(`[aria-label="${focused}"]`)?.focus();
    const used = this.#root.querySelector("mark") ?? this.#root.querySelector(".hit");
    scrollWithin(this.#root.querySelector(".panel-body"), used, 1 / 3);
  }

  #head(sources, source, claims) {
    const index = sources.indexOf(source);
    const step = (name, label, offset) => {
      const next = sources[index + offset];
      const go = () => this.open(sources, next.number, claims);
      return iconButton(name, label, go, next ? {} : { disabled: true });
    };
    return el(
      "div",
      { class: "panel-head" },
      iconButton("close", "Close passage", () => closePanel("passage")),
      el("p", { class: "position" }, `Source ${source.number} of ${sources.length}`),
      step("back", "Previous source", -1),
      step("forward", "Next source", 1),
    );
  }

  #body(source, claims, passage) {
    const text = plain(passage.text ?? source.text);
    const claim = claims.get(source.number);
    const only = () => this.#onlyThis(source.document, source.title);
    return el(
      "div",
      { class: "panel-body", tabindex: "0", role: "region", "aria-label": "Text of the passage" },
      foreign(source.title || source.document, "h2"),
      el("p", { class: "path" }, sectionPath(source.section)),
      el("p", { class: "facts" }, place(source)),
      passage.note ? el("p", { class: "aside-note" }, passage.note) : null,
      source.suspicious
        ? el(
            "p",
            { class: "aside-note" },
            "This passage seems to give instructions to a language model. It is shown as it is.",
          )
        : null,
      around(passage.before, "Before"),
      el("div", { class: "hit" }, body(text, (claim && evidence(text, claim)) || undefined)),
      around(passage.after, "After"),
      el(
        "button",
        { class: "button", type: "button", onclick: only },
        icon("filter"),
        "Ask only this document",
      ),
    );
  }
}
