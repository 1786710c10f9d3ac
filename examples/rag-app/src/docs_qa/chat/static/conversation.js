// Asks questions, one at a time, and keeps what was said for the questions that follow.

import { announce, Speech } from "./announce.js";
import { Problem, ask } from "./api.js";
import { byId, icon, scrollWithin } from "./dom.js";
import { Turn } from "./turn.js";

const REMEMBERED = 20; // messages, as many as the service reads
const LONGEST = 4000; // characters of an earlier answer that are worth sending again

export class Conversation {
  #turns = [];
  #running = null;
  #openSource;
  #filters;
  #describe;

  /**
   * `openSource(sources, number, claims)` shows a passage, `filters()` says where to search, and
   * `describe({mode, model})` names who answers.
   */
  constructor({ openSource, filters, describe }) {
    this.#openSource = openSource;
    this.#filters = filters;
    this.#describe = describe;
  }

  /** Whether an answer is on its way. */
  get busy() {
    return this.#running !== null;
  }

  /** Ask, unless an answer is still on its way. */
  async ask(question) {
    if (this.busy) return;
    const history = this.#history();
    const turn = new Turn(question, this.#openSource);
    this.#turns.push(turn);
    this.#begin(turn);
    try {
      await this.#follow(turn, { question, history, filters: this.#filters() });
    } catch (error) {
      if (error.name === "AbortError") this.#stopped(turn);
      else turn.failed(asProblem(error), () => this.#again(turn));
    } finally {
      this.#running = null;
      this.#showState();
    }
  }

  async #follow(turn, question) {
    const speech = new Speech();
    let meta = {};
    for await (const { type, data } of ask(question, this.#running.signal)) {
      if (type === "meta") turn.meta((meta = data));
      else if (type === "sources") turn.found(data.sources);
      else if (type === "token") {
        turn.add(data.text);
        speech.add(data.text);
      } else if (type === "problem") throw Problem.of(data);
      else if (type === "done") {
        speech.finish();
        turn.done(
          data,
          this.#describe({
            ...meta,
            mode: data.mode ?? meta.mode,
            model: data.model ?? meta.model,
          }),
        );
        return;
      }
    }
    throw new Problem({ title: "The connection was lost" });
  }

  /** End the answer that is on its way. */
  stop() {
    this.#running?.abort();
  }

  /** Forget everything that was said. */
  clear() {
    this.stop();
    this.#turns = [];
    byId("turns").replaceChildren();
    this.#showState();
  }

  #begin(turn) {
    this.#running = new AbortController();
    byId("turns").append(turn.root);
    this.#showState();
    scrollWithin(byId("scroll"), turn.root);
    announce("Searching your documents");
  }

  #stopped(turn) {
    turn.stopped();
    announce("Stopped");
  }

  #again(turn) {
    if (this.busy) return;
    turn.root.remove();
    this.#turns = this.#turns.filter((other) => other !== turn);
    this.ask(turn.question);
    byId("question").focus();
  }

  /** Earlier questions with an answer; what failed would only confuse the next one. */
  #history() {
    const said = this.#turns.filter(({ state, text }) => state !== "failed" && text);
    const messages = said.flatMap(({ question, text }) => [
      { role: "user", content: question },
      { role: "assistant", content: [...text].slice(0, LONGEST).join("") },
    ]);
    return messages.slice(-REMEMBERED);
  }

  #showState() {
    byId("welcome").hidden = this.#turns.length > 0;
    const send = byId("send");
    const label = this.busy ? "Stop" : "Ask";
    send.classList.toggle("stop", this.busy);
    send.setAttribute("aria-label", label);
    send.title = this.busy ? "Stop (Esc)" : "Ask (Enter)";
    send.replaceChildren(icon(this.busy ? "stop" : "send"));
  }
}

/** What was thrown as something to show; a mistake in this page must not look like the service's. */
function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem({ status: 500, title: "The answer could not be shown" });
}
