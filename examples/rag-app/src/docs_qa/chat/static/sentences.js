// Finds the sentence of a passage that a claim of an answer rests on.

const WORD = /[\p{L}\p{N}]+/gu;
const END = /^[.!?…”"')]*/; // what belongs to a sentence although a claim may leave it out
const ENOUGH = 0.34;

/** The sentences of `text` as `{start, end}`. */
export function sentences(text) {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });
  const spans = [];
  for (const { segment, index } of segmenter.segment(text)) {
    const trimmed = segment.trim();
    if (trimmed) {
      const start = index + segment.indexOf(trimmed);
      spans.push({ start, end: start + trimmed.length });
    }
  }
  return spans;
}

/** The sentence that ends where a citation stands, without earlier citations and marks. */
export function claimBefore(text) {
  const clean = text
    .replace(/\[\d[\d,\s]*\]/g, " ")
    .replace(/[*`]/g, "")
    .trimEnd();
  const last = sentences(clean).pop();
  return last ? clean.slice(last.start, last.end) : "";
}

const words = (text) =>
  new Set((text.toLowerCase().match(WORD) ?? []).filter((word) => word.length > 2));

/**
 * The part of `passage` that `claim` repeats, or whose words it shares most (F1 of the sets of
 * words); null when nothing comes near.
 */
export function evidence(passage, claim) {
  const quoted = claim.replace(/^["“„'\s]+|["”“'\s]+$/g, "");
  const at = quoted ? passage.indexOf(quoted) : -1;
  if (at >= 0)
    return {
      start: at,
      end: at + quoted.length + END.exec(passage.slice(at + quoted.length))[0].length,
    };
  const wanted = words(claim);
  let best = null;
  let score = ENOUGH;
  for (const span of sentences(passage)) {
    const has = words(passage.slice(span.start, span.end));
    const common = [...wanted].filter((word) => has.has(word)).length;
    const f1 = common ? (2 * common) / (wanted.size + has.size) : 0;
    if (f1 > score) [best, score] = [span, f1];
  }
  return best;
}
