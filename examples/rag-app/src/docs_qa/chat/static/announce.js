// Speaks to screen readers: whole sentences, not the pieces in which an answer arrives.

import { byId, el, plain } from "./dom.js";

const KEPT = 20;
// Up to the last end of a sentence that something else than its citation follows.
const COMPLETE = /^.*[.!?][”"')\]]*\s+(?=[^\s[])/s;

/** Say something when the reader is not busy. */
export function announce(text) {
  const log = byId("announcements");
  log.append(el("p", {}, plain(text)));
  while (log.children.length > KEPT) log.firstElementChild.remove();
}

/** Collects the pieces of an answer and announces each sentence when it is complete. */
export class Speech {
  #pending = "";

  add(text) {
    this.#pending += text;
    this.#say(COMPLETE.exec(this.#pending)?.[0].length ?? 0);
  }

  finish() {
    this.#say(this.#pending.length);
  }

  #say(length) {
    const text = this.#pending.slice(0, length).replace(/[*`#]/g, "");
    this.#pending = this.#pending.slice(length);
    if (text.trim()) announce(text.replace(/\[(\d+)\]/g, "(source $1)"));
  }
}

let hide;

/** A short note at the edge of the page. */
export function notify(text) {
  const notice = byId("notice");
  notice.replaceChildren(plain(text));
  notice.classList.add("shown");
  clearTimeout(hide);
  hide = setTimeout(() => notice.classList.remove("shown"), 4000);
}
