// Puts the page together: what the service says about itself, the keyboard, and who tells whom.

import { announce } from "./announce.js";
import { key, onKeyNeeded, request } from "./api.js";
import { Conversation } from "./conversation.js";
import { askForKey, showShortcuts, startDialogs } from "./dialogs.js";
import { Documents } from "./documents.js";
import { byId, el, plain } from "./dom.js";
import { closeTopPanel, isOpen, openPanel, closePanel, startPanels } from "./panels.js";
import { PassagePanel } from "./passage.js";
import { Uploads, startUploads } from "./uploads.js";
import { counted, kindly } from "./words.js";

const CONTROL = /Mac|iP(hone|ad)/.test(navigator.platform) ? "⌘" : "Ctrl";
const SHORTCUTS = [
  ["Enter", "Ask"],
  ["Shift+Enter", "Start a new line"],
  ["Esc", "Stop the answer, or close a panel"],
  [`${CONTROL}+K`, "Go to the question"],
  [`${CONTROL}+B`, "Show or hide the documents"],
  [`${CONTROL}+Shift+O`, "New conversation"],
  [`${CONTROL}+/`, "This list"],
];

const question = byId("question");
const documents = new Documents();
const passages = new PassagePanel((id, title) => {
  documents.only(id);
  announce(`Searching only ${title || id}`);
  question.focus();
});
const conversation = new Conversation({
  openSource: (...which) => passages.open(...which),
  filters: () => documents.filters(),
  describe: ({ mode, model }) => (mode === "model" ? model : "quoted"),
});

function ask(text) {
  const wanted = text.trim();
  if (!wanted || conversation.busy) return;
  question.value = "";
  fit();
  conversation.ask(wanted);
}

/** Make the question's field as high as what is in it. */
function fit() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
}

function startAnew() {
  conversation.clear();
  closePanel("passage");
  question.focus();
}

function toggleDocuments() {
  if (isOpen("documents")) closePanel("documents");
  else openPanel("documents", true);
}

function startComposer() {
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    if (conversation.busy) conversation.stop();
    else ask(question.value);
  });
  question.addEventListener("input", fit);
  question.addEventListener("keydown", (event) => {
    // Enter also ends the composition of a Chinese or Japanese word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask(question.value);
  });
}

function startKeyboard() {
  const actions = {
    k: () => question.focus(),
    b: toggleDocuments,
    "/": () => showShortcuts(SHORTCUTS),
  };
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open], :popover-open")) return;
    const control = CONTROL === "⌘" ? event.metaKey : event.ctrlKey;
    const letter = event.key.toLowerCase();
    let action = null;
    if (event.key === "Escape")
      action = conversation.busy ? () => conversation.stop() : closeTopPanel;
    else if (control && event.shiftKey && letter === "o") action = startAnew;
    else if (control && !event.shiftKey && !event.altKey) action = actions[letter];
    if (action && action() !== false) event.preventDefault();
  });
}

function startTheme() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => byId("theme").setAttribute("aria-pressed", String(dark()));
  byId("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // The choice then lasts as long as this page.
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}

function startKey(needed) {
  onKeyNeeded(askForKey);
  const button = byId("key");
  button.hidden = !needed && !key.get();
  button.addEventListener("click", async () => {
    if (await askForKey(false)) await load();
  });
}

/** What is said about who answers. */
function showMode({ mode, model, documents: count, chunks }) {
  const badge = byId("mode");
  const quoting = mode !== "model";
  badge.textContent = quoting ? "Quotes only" : plain(model);
  badge.dataset.mode = mode;
  badge.hidden = false;
  const text = quoting
    ? "No language model is configured. Answers are sentences quoted from your documents, each with its source. Set APP_CHAT_MODEL to have answers written."
    : `Answers are written by ${plain(model)} from passages of your documents. Their citations are checked.`;
  const size =
    count === undefined
      ? null
      : `${counted(count, "document")}, ${counted(chunks ?? 0, "passage")} indexed.`;
  byId("mode-note").replaceChildren(
    el("p", {}, text),
    ...(size ? [el("p", { class: "facts" }, size)] : []),
  );
}

function showConfig({ title, tagline, examples }) {
  document.title = title;
  byId("title").textContent = title;
  byId("tagline").textContent = tagline;
  const row = (example) =>
    el(
      "li",
      {},
      el("button", { class: "example", type: "button", onclick: () => ask(example) }, example),
    );
  byId("examples").replaceChildren(...examples.map(row));
}

/** Load what only holders of a key may see. */
async function load() {
  await documents.refresh();
  try {
    showMode(await request("GET", ""));
  } catch (problem) {
    byId("tagline").textContent = `${kindly(problem).title}. ${kindly(problem).text}`;
  }
}

async function start() {
  startTheme();
  startDialogs();
  startPanels();
  startComposer();
  startKeyboard();
  byId("new").addEventListener("click", startAnew);
  byId("shortcuts").addEventListener("click", () => showShortcuts(SHORTCUTS));
  const config = await (await fetch("config.json")).json();
  showConfig(config);
  startKey(config.key_needed);
  startUploads(new Uploads(() => load(), config.upload_bytes));
  await load();
  document.documentElement.dataset.ready = "";
  // A keyboard on a touch screen would cover half of the page.
  if (matchMedia("(hover: hover)").matches) question.focus();
}

start();
