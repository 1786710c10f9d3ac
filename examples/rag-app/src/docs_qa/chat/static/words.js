// How numbers, sources and problems are put into words.

const whole = new Intl.NumberFormat("en");

/** "1 page", "1,204 passages". */
export const counted = (count, one, many = `${one}s`) =>
  `${whole.format(count)} ${count === 1 ? one : many}`;

/** Seconds as a reader wants them: "90 ms", "1.4 s". */
export const duration = (seconds) =>
  seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(1)} s`;

/** Bytes as "340 KB" or "2.1 MB". */
export const size = (bytes) =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`;

const KINDS = { pdf: "PDF", markdown: "Markdown", html: "Web page", docx: "Word", text: "Text" };

/** The format of a document. */
export const kindOf = (kind) => KINDS[kind] ?? kind ?? "";

/** What an answer took: "Answered in 1.4 s · first words 90 ms · 812 + 96 tokens · $0.0004". */
export function effort({ seconds = {}, usage = {} }) {
  const parts = [];
  if (seconds.total) {
    const first = seconds.first_token;
    const early = first && first < 0.8 * seconds.total;
    parts.push(`Answered in ${duration(seconds.total)}`);
    if (early) parts.push(`first words ${duration(first)}`);
  }
  const { input_tokens: input, output_tokens: output, cost_usd: cost } = usage ?? {};
  if (input || output)
    parts.push(`${whole.format(input ?? 0)} + ${whole.format(output ?? 0)} tokens`);
  if (cost) parts.push(cost < 0.01 ? `$${cost.toFixed(4)}` : `$${cost.toFixed(2)}`);
  return parts.join(" · ");
}

const KIND_WORDS = {
  0: ["The service cannot be reached", "Check your connection, then try again."],
  401: ["A key is needed", "This service only answers holders of an API key."],
  404: ["That is no longer there", "It was removed or replaced in the meantime."],
  413: ["That is too large", ""],
  415: ["This kind of file cannot be read", "PDF, Markdown, HTML, Word and plain text can."],
  422: ["That was not understood", ""],
  429: ["A little too fast", "There is a limit on how much one key may ask at a time."],
  503: ["The service is busy", "It has more to do than it can at the moment."],
  504: ["That took too long", "Nothing is lost; trying again often helps."],
};
const UNEXPECTED = ["Something went wrong", "The failure was logged. Trying again may help."];

/** A problem as a heading and a sentence. The service's own detail is kept where it helps. */
export function kindly(problem) {
  const [title, advice] = KIND_WORDS[problem.status] ?? UNEXPECTED;
  const detail = [413, 415, 422].includes(problem.status) ? problem.detail : "";
  return { title, text: detail || advice || problem.title || "" };
}

const WHY_NOT = {
  "weak-evidence": "No passage is close enough to your question to answer from.",
  "model-declined": "The passages that were found do not hold an answer.",
  unsupported: "An answer was drafted, but the passages did not support it, so it is not shown.",
  "model-unavailable": "The language model did not answer.",
};

const CAVEATS = {
  "model-unavailable":
    "The language model could not be reached. These sentences are quoted from the documents instead.",
  "cut-off": "The answer reached the length limit and breaks off.",
};

/** What a reader should know about an answer, from its reason and the check of its sentences. */
export function caveats({ reason, claims = [] }) {
  const open = claims.filter(({ supported }) => !supported).length;
  const matched = `${counted(open, "sentence")} of this answer could not be matched to a passage. Check before relying on it.`;
  return [CAVEATS[reason], open ? matched : null].filter(Boolean);
}

/** Why there is no answer. */
export const whyNot = (reason) => WHY_NOT[reason] ?? WHY_NOT["weak-evidence"];
