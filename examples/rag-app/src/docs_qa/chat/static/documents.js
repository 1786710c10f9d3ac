// The list of documents: what there is, what is wrong with it, which ones to search.

import { notify } from "./announce.js";
import { request } from "./api.js";
import { confirmDelete } from "./dialogs.js";
import { byId, el, foreign, icon, iconButton, plain } from "./dom.js";
import { counted, kindOf, kindly } from "./words.js";

export class Documents {
  #all = [];
  #chosen = new Set();
  #list = byId("document-list");

  /** The `filters` of a question: only the chosen documents, or all. */
  filters() {
    return this.#chosen.size ? { document: [...this.#chosen] } : {};
  }

  /** Search only this document from now on. */
  only(id) {
    this.#chosen = new Set([id]);
    this.#show();
  }

  /** Load the list anew. */
  async refresh() {
    try {
      this.#all = (await request("GET", "/documents")).documents;
    } catch (problem) {
      byId("count").textContent = `${kindly(problem).title}. The list could not be loaded.`;
      return;
    }
    const known = new Set(this.#all.map(({ id }) => id));
    this.#chosen = new Set([...this.#chosen].filter((id) => known.has(id)));
    this.#show();
  }

  #show() {
    const passages = this.#all.reduce((sum, { chunks }) => sum + (chunks ?? 0), 0);
    byId("count").textContent = this.#all.length
      ? `${counted(this.#all.length, "document")}, ${counted(passages, "passage")}`
      : "Nothing here yet. Upload files, drop them anywhere on this page, or add a web page.";
    const focused = document.activeElement?.id;
    this.#list.replaceChildren(...this.#all.map((each, index) => this.#row(each, index)));
    if (focused) byId(focused)?.focus();
    this.#showChips();
  }

  #row(each, index) {
    const title = each.title || each.id;
    const choice = el("input", {
      type: "checkbox",
      id: `document-${index}`,
      onchange: () => this.#choose(each.id),
    });
    choice.checked = this.#chosen.has(each.id);
    choice.disabled = !each.chunks;
    const facts = [
      kindOf(each.kind),
      each.pages ? counted(each.pages, "page") : null,
      each.chunks ? counted(each.chunks, "passage") : null,
    ];
    return el(
      "li",
      { class: each.problem ? "document troubled" : "document" },
      el(
        "label",
        { class: "document-name", title: plain(each.id) },
        choice,
        el("span", { class: "tick", "aria-hidden": "true" }),
        el(
          "span",
          {},
          foreign(title, "span", { class: "document-title" }),
          el("span", { class: "facts" }, facts.filter(Boolean).join(" · ")),
        ),
      ),
      iconButton("trash", `Delete ${plain(title)}`, () => this.#remove(each)),
      each.problem ? el("p", { class: "trouble", dir: "auto" }, plain(each.problem)) : null,
    );
  }

  #choose(id) {
    if (!this.#chosen.delete(id)) this.#chosen.add(id);
    this.#showChips();
  }

  #showChips() {
    const chips = byId("chips");
    const titles = this.#all
      .filter(({ id }) => this.#chosen.has(id))
      .map(({ id, title }) => title || id);
    const name = titles.length === 1 ? foreign(titles[0]) : counted(titles.length, "document");
    const clear = () => {
      this.#chosen.clear();
      this.#show();
      byId("question").focus();
    };
    chips.hidden = !titles.length;
    chips.replaceChildren(
      el(
        "span",
        { class: "chip" },
        icon("filter"),
        el("span", { class: "chip-text" }, "Only ", name),
        iconButton("close", "Search all documents", clear),
      ),
    );
  }

  async #remove({ id, title, chunks }) {
    const what = `Its ${counted(chunks ?? 0, "passage")} will no longer be used in answers. You can add it again later.`;
    if (!(await confirmDelete(`Delete “${plain(title || id)}”?`, what))) return;
    try {
      await request("DELETE", `/documents/${encodeURIComponent(id)}`);
      notify(`Deleted ${title || id}`);
    } catch (problem) {
      if (problem.status !== 404) notify(`${kindly(problem).title}. It was not deleted.`);
    }
    await this.refresh();
    byId("upload").focus();
  }
}
