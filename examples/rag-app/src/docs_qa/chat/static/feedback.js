// Thumbs up or down, and a comment for whoever improves the answers.

import { request } from "./api.js";
import { notify } from "./announce.js";
import { el, icon } from "./dom.js";
import { kindly } from "./words.js";

/** The two buttons, and the form that a choice opens. */
export function feedback(requestId) {
  const form = el("form", { class: "comment", hidden: true });
  const buttons = ["up", "down"].map((rating) => {
    const label = rating === "up" ? "Good answer" : "Bad answer";
    return el(
      "button",
      {
        class: `icon-button thumb ${rating}`,
        type: "button",
        "aria-label": label,
        title: label,
        "aria-pressed": "false",
        onclick: () => rate(rating),
      },
      icon("thumb"),
    );
  });
  return [...buttons, form];

  async function rate(rating) {
    if (!(await sent({ rating }))) return;
    buttons.forEach((button, index) =>
      button.setAttribute("aria-pressed", String((index === 0) === (rating === "up"))),
    );
    ask(rating);
  }

  function ask(rating) {
    const text = el("textarea", { rows: "2", maxlength: "2000", "aria-label": "Comment" });
    text.placeholder =
      rating === "up" ? "What was useful? (optional)" : "What was wrong or missing? (optional)";
    const skip = () => (form.hidden = true);
    form.replaceChildren(
      text,
      el(
        "div",
        { class: "comment-actions" },
        el("button", { class: "button quiet", type: "button", onclick: skip }, "No comment"),
        el("button", { class: "button", type: "submit" }, "Send comment"),
      ),
    );
    form.onsubmit = async (event) => {
      event.preventDefault();
      const comment = text.value.trim();
      if (!comment || (await sent({ rating, comment }))) skip();
    };
    form.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      skip();
    };
    form.hidden = false;
    text.focus();
  }

  async function sent(what) {
    try {
      await request("POST", "/feedback", { json: { request_id: requestId, ...what } });
    } catch (problem) {
      notify(`${kindly(problem).title}. Your feedback was not sent.`);
      return false;
    }
    notify("Thank you for the feedback");
    return true;
  }
}
