// The parts of the page that need no browser. Run by tests/unit/test_chat_ui_javascript.py.

import assert from "node:assert/strict";
import { test } from "node:test";

const page = new URL("../../src/docs_qa/chat/static/", import.meta.url);
const { blocks, withoutPipes } = await import(new URL("markdown.js", page));
const { claimBefore, evidence } = await import(new URL("sentences.js", page));
const { cells } = await import(new URL("tables.js", page));
const { events } = await import(new URL("sse.js", page));
const { caveats, counted, duration, effort, kindly, size } = await import(
  new URL("words.js", page)
);
const { plain } = await import(new URL("dom.js", page));

const encoder = new TextEncoder();

/** A body that arrives in these pieces. */
const body = (...pieces) =>
  new ReadableStream({
    start(stream) {
      for (const piece of pieces)
        stream.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      stream.close();
    },
  });

async function all(stream) {
  const found = [];
  for await (const event of events(stream)) found.push(event);
  return found;
}

test("events arrive whole, however the bytes are cut", async () => {
  const wire = encoder.encode(
    'event: token\r\ndata: {"text": "Grüße"}\r\n\r\n: ping\n\nevent: done\ndata: {}\n\n',
  );
  const expected = [
    { type: "token", data: { text: "Grüße" } },
    { type: "done", data: {} },
  ];
  for (let cut = 0; cut <= wire.length; cut++) {
    assert.deepEqual(
      await all(body(wire.slice(0, cut), wire.slice(cut))),
      expected,
      `cut at ${cut}`,
    );
  }
});

test("data over several lines is one value, and an unfinished event is none", async () => {
  assert.deepEqual(await all(body("data: [1,\ndata: 2]\n\ndata: 3\n")), [
    { type: "message", data: [1, 2] },
  ]);
});

test("leaving the loop cancels the request", async () => {
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (stream) => stream.enqueue(encoder.encode("data: 1\n\n")),
    cancel: () => (cancelled = true),
  });
  for await (const _ of events(endless)) break;
  assert.ok(cancelled);
});

test("blocks of Markdown", () => {
  const types = (text) => blocks(text).map(({ type, lines }) => [type, lines.length]);
  assert.deepEqual(types("One\ntwo\n\nthree"), [
    ["paragraph", 2],
    ["paragraph", 1],
  ]);
  assert.deepEqual(types("# Title\nText\n- a\n- b\n1. c\n2. d"), [
    ["heading", 1],
    ["paragraph", 1],
    ["list", 2],
    ["list", 2],
  ]);
  assert.deepEqual(types("- a\n\n- b\n  more of b"), [["list", 2]]);
  assert.deepEqual(types("```\n- no list\n\n# no title\n```\nafter"), [
    ["code", 3],
    ["paragraph", 1],
  ]);
  assert.deepEqual(types("```\nnot closed yet"), [["code", 1]]);
  assert.deepEqual(types("| a | b |\n| --- | --- |\n| 1 | 2 |\nafter"), [
    ["table", 3],
    ["paragraph", 1],
  ]);
  assert.deepEqual(cells("| a \\| b |  | c |"), ["a | b", "", "c"]);
  assert.deepEqual(types("> said\n> so"), [["quote", 2]]);
  assert.deepEqual(types(""), []);
});

test("a quoted row of a table reads like a sentence", () => {
  assert.equal(withoutPipes("| Sander | 6 hours | [1]"), "Sander · 6 hours [1]");
  assert.equal(withoutPipes("| a | b | … | c | d |"), "a · b … c · d ");
  assert.equal(withoutPipes("No table. [1]"), "No table. [1]");
});

test("the claim of a citation is the sentence before it", () => {
  assert.equal(
    claimBefore("It rains. A late book costs **20 cents** [1]"),
    "A late book costs 20 cents",
  );
  assert.equal(claimBefore("It rains."), "It rains.");
  assert.equal(claimBefore(""), "");
});

test("the sentence that bears a claim out is found", () => {
  const passage =
    "Loans last three weeks. A late book costs twenty cents for each day. Children pay nothing.";
  const shown = (claim) => {
    const found = evidence(passage, claim);
    return found && passage.slice(found.start, found.end);
  };
  assert.equal(shown("“Children pay nothing”"), "Children pay nothing.");
  assert.equal(
    shown("For each day, late books cost twenty cents"),
    "A late book costs twenty cents for each day.",
  );
  assert.equal(shown("Volcanoes erupt on Iceland"), null);
  assert.equal(shown(""), null);
});

test("text from outside keeps its letters and loses what hides them", () => {
  assert.equal(plain("exe\u202egpj.zip\u0000\r\n\ttab"), "exegpj.zip\n\ttab");
  assert.equal(plain("مرحبا\u200f"), "مرحبا\u200f");
  assert.equal(plain(null), "");
});

test("numbers and problems in words", () => {
  assert.equal(counted(1, "page"), "1 page");
  assert.equal(counted(1204, "passage"), "1,204 passages");
  assert.equal(duration(0.0904), "90 ms");
  assert.equal(duration(12.34), "12.3 s");
  assert.equal(size(340_000), "340 KB");
  const usage = { input_tokens: 812, output_tokens: 96, cost_usd: 0.0004 };
  const words = effort({ seconds: { total: 1.4, first_token: 0.09 }, usage });
  assert.equal(words, "Answered in 1.4 s · first words 90 ms · 812 + 96 tokens · $0.0004");
  assert.equal(effort({ seconds: {}, usage: null }), "");
  assert.deepEqual(caveats({ reason: "", claims: [{ supported: true }] }), []);
  assert.equal(caveats({ reason: "cut-off", claims: [{ supported: false }] }).length, 2);
  assert.equal(kindly({ status: 413, detail: "At most 5 bytes" }).text, "At most 5 bytes");
  assert.equal(kindly({ status: 500, detail: "secret trace" }).text.includes("secret"), false);
});
