// One question and its answer on the page.

import { el, foreign, icon, plain } from "./dom.js";
import { feedback } from "./feedback.js";
import { render } from "./markdown.js";
import { claimBefore } from "./sentences.js";
import { sourceList } from "./sources.js";
import { caveats, counted, effort, kindly, whyNot } from "./words.js";

const WHAT_TO_TRY = [
  "Use the words that the documents themselves would use.",
  "Ask one thing at a time, and name what it is about.",
  "Add a document that covers it.",
];

export class Turn {
  sources = [];
  text = "";
  state = "waiting"; // answering, done, stopped or failed
  #claims = new Map();
  #openSource;
  #parts;
  #mode;

  /** `openSource(sources, number, claims)` shows a passage. */
  constructor(question, openSource) {
    this.question = question;
    this.#openSource = openSource;
    this.#parts = {
      note: el("p", { class: "searched", hidden: true }),
      wait: el(
        "p",
        { class: "wait" },
        el("span", { class: "dots", "aria-hidden": "true" }),
        "Searching your documents",
      ),
      answer: el("div", { class: "answer", "aria-busy": "true" }),
      after: el("div", { class: "after" }),
      sources: el("div", { class: "sources" }),
    };
    this.root = el("article", { class: "turn", "aria-label": `Question: ${plain(question)}` });
    this.root.append(
      el("h2", { class: "asked", dir: "auto", tabindex: "-1" }, plain(question)),
      ...Object.values(this.#parts),
    );
  }

  /** Say for what was searched, if that is not what was asked. */
  meta({ question, rewritten, mode, request_id: id }) {
    this.requestId = id;
    this.#mode = mode;
    this.#parts.note.hidden = !rewritten;
    this.#parts.note.replaceChildren("Searched for: ", foreign(question));
  }

  /** List the passages that were found. */
  found(sources) {
    this.sources = sources;
    this.#parts.wait.lastChild.textContent = "Reading " + counted(sources.length, "passage");
    if (!sources.length) return;
    const open = (number) => this.#openSource(this.sources, number, this.#claims);
    this.#parts.sources.replaceChildren(el("h3", {}, "Sources"), sourceList(sources, open));
  }

  /** Show another piece of the answer. */
  add(text) {
    this.state = "answering";
    this.text += text;
    this.#draw();
  }

  #draw() {
    this.#parts.wait.hidden = true;
    const cite = (number, before) => this.#citation(number, before);
    render(this.#parts.answer, this.text, this.#mode === "model", cite);
  }

  #citation(number, before) {
    const source = this.sources.find((candidate) => candidate.number === number);
    if (!source) return null;
    const claim = claimBefore(before);
    if (!this.#claims.has(number)) this.#claims.set(number, claim);
    const open = () =>
      this.#openSource(this.sources, number, new Map(this.#claims).set(number, claim));
    const pages = source.page ? `, page ${source.page}` : "";
    const name = `Source ${number}: ${plain(source.title || source.document)}${pages}`;
    return el(
      "button",
      { class: "citation", type: "button", "aria-label": name, title: name, onclick: open },
      String(number),
    );
  }

  /** Complete the answer. */
  done(result, model) {
    this.text = result.answer;
    this.#mode = result.mode;
    this.state = "done";
    this.#draw();
    this.#settle();
    this.root.classList.toggle("abstained", result.abstained);
    const cited = new Set(result.citations);
    for (const row of this.#parts.sources.querySelectorAll("li")) {
      row.classList.toggle("cited", cited.has(Number(row.dataset.number)));
    }
    const heading = this.#parts.sources.querySelector("h3");
    if (heading && result.abstained) heading.textContent = "Closest passages";
    this.#parts.after.replaceChildren(
      ...(result.abstained
        ? [this.#help(result.reason)]
        : caveats(result).map((text) => el("p", { class: "aside-note" }, text))),
      el(
        "div",
        { class: "actions" },
        this.#copy(),
        ...feedback(this.requestId),
        this.#effort(result, model),
      ),
    );
  }

  #help(reason) {
    return el(
      "div",
      { class: "help" },
      el("p", {}, whyNot(reason)),
      el("p", {}, "What often helps:"),
      el(
        "ul",
        {},
        WHAT_TO_TRY.map((advice) => el("li", {}, advice)),
      ),
    );
  }

  #effort(result, model) {
    const line = [effort(result), result.cached ? "from the cache" : null, model]
      .filter(Boolean)
      .join(" · ");
    return el("p", { class: "effort" }, plain(line));
  }

  #copy() {
    if (!navigator.clipboard) return null; // only secure contexts may write to it
    const button = el(
      "button",
      { class: "text-button", type: "button", onclick: () => this.#toClipboard(button) },
      icon("copy"),
      "Copy",
    );
    return button;
  }

  async #toClipboard(button) {
    const cited = this.sources.filter(({ number }) => this.text.includes(`[${number}]`));
    const list = cited.map(
      (source) =>
        `[${source.number}] ${[source.title || source.document, source.section, source.page && `page ${source.page}`].filter(Boolean).join(", ")}`,
    );
    await navigator.clipboard.writeText(
      [this.text.trim(), list.join("\n")].filter(Boolean).join("\n\n"),
    );
    button.lastChild.textContent = "Copied";
    setTimeout(() => (button.lastChild.textContent = "Copy"), 2000);
  }

  /** End without a complete answer, because the reader said so. */
  stopped() {
    this.state = "stopped";
    this.#settle();
    this.#parts.after.replaceChildren(
      el("p", { class: "aside-note" }, "Stopped. What is above is not complete."),
    );
  }

  /** End with a problem; `retry` asks again. */
  failed(problem, retry) {
    this.state = "failed";
    this.#settle();
    const { title, text } = kindly(problem);
    const again = el(
      "button",
      { class: "button", type: "button", onclick: retry },
      icon("retry"),
      el("span", {}, "Try again"),
    );
    countDown(again, problem.wait);
    const id = problem.requestId
      ? el("p", { class: "effort" }, `Request ${plain(problem.requestId)}`)
      : null;
    const note = el(
      "div",
      { class: "problem", role: "alert" },
      el("h3", {}, title),
      el("p", { dir: "auto" }, plain(text)),
      again,
    );
    this.#parts.after.replaceChildren(note, ...(id ? [id] : []));
  }

  #settle() {
    this.#parts.wait.hidden = true;
    this.#parts.answer.setAttribute("aria-busy", "false");
  }
}

/** Enable `button` after `seconds`, and say how long that is. */
function countDown(button, seconds) {
  let left = Math.ceil(seconds);
  if (!left) return;
  const label = button.querySelector("span");
  const tick = () => {
    button.disabled = left > 0;
    label.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
}
