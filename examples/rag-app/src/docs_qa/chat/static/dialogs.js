// The dialogs: API key, confirmation, keyboard shortcuts.

import { key } from "./api.js";
import { byId, el, plain } from "./dom.js";

/** Show a dialog; resolves to whether it was confirmed. */
function opened(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok"), { once: true });
    dialog.showModal();
  });
}

/** Ask for an API key; resolves to whether one was given. */
export async function askForKey(refused) {
  byId("key-title").textContent = refused ? "That key was not accepted" : "An API key is needed";
  const input = byId("key-value");
  input.value = "";
  const given = await opened(byId("key-dialog"));
  if (given) key.set(input.value.trim());
  input.value = "";
  return given;
}

/** Ask whether something shall be deleted. */
export function confirmDelete(title, text) {
  byId("confirm-title").textContent = plain(title);
  byId("confirm-text").textContent = plain(text);
  return opened(byId("confirm-dialog"));
}

/** Show the list of shortcuts: `[[keys, meaning], ...]`. */
export function showShortcuts(shortcuts) {
  const rows = shortcuts.map(([keys, meaning]) => [
    el(
      "dt",
      {},
      keys.split("+").map((name) => el("kbd", {}, name)),
    ),
    el("dd", {}, meaning),
  ]);
  byId("shortcut-list").replaceChildren(...rows.flat());
  return opened(byId("shortcuts-dialog"));
}

/** Wire the buttons that close without confirming; call once. */
export function startDialogs() {
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
}
