// Adding documents: sending them, then following the job that reads them.

import { announce } from "./announce.js";
import { Problem, request, upload } from "./api.js";
import { byId, el, foreign, iconButton, plain } from "./dom.js";
import { openPanel } from "./panels.js";
import { counted, kindly, size } from "./words.js";

const POLL = { first: 250, factor: 1.4, longest: 2000 }; // milliseconds
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One line of the list of uploads. */
class Line {
  #bar = el("progress", { max: "1", "aria-label": "Progress" });
  #state = el("span", { class: "facts" });
  #stop = new AbortController();

  constructor(name) {
    this.name = plain(name);
    const close = () => {
      this.#stop.abort();
      this.root.remove();
      byId("upload").focus();
    };
    this.root = el(
      "li",
      { class: "upload" },
      foreign(name, "span", { class: "document-title" }),
      iconButton("close", `Dismiss ${this.name}`, close),
      this.#bar,
      this.#state,
    );
    byId("uploads").append(this.root);
  }

  get signal() {
    return this.#stop.signal;
  }

  /** Show a share from 0 to 1, or movement without an end if it is null. */
  show(text, share = null) {
    this.#state.textContent = text;
    if (share === null) this.#bar.removeAttribute("value");
    else this.#bar.value = share;
  }

  done() {
    announce(`${this.name} was added`);
    this.root.remove();
  }

  failed({ title, text }) {
    announce(`${this.name}: ${title}`);
    this.root.classList.add("troubled");
    this.#bar.remove();
    this.#state.className = "trouble";
    this.#state.textContent = [title, text].filter(Boolean).join(". ");
  }
}

export class Uploads {
  #refresh;
  #limit;
  #sending = Promise.resolve();

  /** `refresh()` is called when documents have changed; `limit` is the most bytes of one. */
  constructor(refresh, limit) {
    this.#refresh = refresh;
    this.#limit = limit;
  }

  /** Send files one after the other; each is read by the service while the next is sent. */
  add(files) {
    openPanel("documents");
    for (const file of files) {
      const line = new Line(file.name);
      if (this.#limit && file.size > this.#limit) {
        line.failed({
          title: "Too large",
          text: `It has ${size(file.size)}, and ${size(this.#limit)} are accepted.`,
        });
        continue;
      }
      line.show("Waiting", 0);
      this.#sending = this.#sending.then(() => this.#send(file, line));
    }
  }

  /** Have the service fetch a web page. */
  async addUrl(url) {
    const line = new Line(url);
    line.show("Fetching");
    await this.#guarded(line, async () =>
      this.#follow(
        await request("POST", "/documents/url", { json: { url }, signal: line.signal }),
        line,
      ),
    );
  }

  async #send(file, line) {
    if (line.signal.aborted) return;
    let accepted = null;
    const progress = (share) =>
      line.show(share < 1 ? `Sending, ${Math.floor(share * 100)} %` : "Sent", share);
    await this.#guarded(line, async () => (accepted = await upload(file, progress, line.signal)));
    if (accepted) this.#guarded(line, () => this.#follow(accepted, line));
  }

  async #guarded(line, work) {
    try {
      await work();
    } catch (problem) {
      if (problem.name === "AbortError") return;
      if (!(problem instanceof Problem)) console.error(problem);
      line.failed(kindly(problem));
    }
  }

  async #follow({ job }, line) {
    for (let wait = POLL.first; ; wait = Math.min(wait * POLL.factor, POLL.longest)) {
      const { state, done, total, problem } = await request(
        "GET",
        `/jobs/${encodeURIComponent(job)}`,
        { signal: line.signal },
      );
      if (state === "failed" || state === "done") {
        if (problem || state === "failed")
          line.failed({ title: "It could not be added", text: plain(problem) });
        else line.done();
        return this.#refresh();
      }
      if (state === "queued") line.show("Waiting to be read");
      // A single document is read in one go; how far that is, the service does not know either.
      else
        line.show(
          total > 1 ? `Reading, ${done} of ${counted(total, "document")}` : "Reading",
          total > 1 ? done / total : null,
        );
      await pause(wait);
    }
  }
}

/** Let files be chosen, and dropped anywhere on the page; call once. */
export function startUploads(uploads) {
  const input = byId("files");
  byId("upload").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    uploads.add([...input.files]);
    input.value = "";
  });
  const holdsFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  const cover = byId("drop");
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    cover.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) cover.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    cover.hidden = true;
    uploads.add([...event.dataTransfer.files]);
  });
  startUrlForm(uploads);
}

function startUrlForm(uploads) {
  const [button, form, input] = [byId("by-url"), byId("url-form"), byId("url")];
  const show = (open) => {
    form.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    (open ? input : button).focus();
  };
  button.addEventListener("click", () => show(form.hidden));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    uploads.addUrl(input.value.trim());
    input.value = "";
    show(false);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show(false);
  });
}
