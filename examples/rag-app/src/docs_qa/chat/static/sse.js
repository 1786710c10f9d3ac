// Server-sent events from a fetch response. EventSource itself can only GET.

/** The lines of a stream of bytes, whatever pieces and line ends they come in. */
async function* lines(body) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      rest += value;
      // A lone \r at the end may be the first half of \r\n.
      const complete = rest.split(/\r\n|\n|\r(?!$)/);
      rest = complete.pop();
      yield* complete;
    }
    if (rest) yield rest.replace(/\r$/, "");
  } finally {
    // Leaving the loop early ends the request, and with it the work of the server.
    await reader.cancel().catch(() => {});
  }
}

/** The events of a stream: `{type, data}` with `data` parsed from JSON. */
export async function* events(body) {
  let type = "message";
  let data = [];
  for await (const line of lines(body)) {
    if (line === "") {
      if (data.length) yield { type, data: JSON.parse(data.join("\n")) };
      type = "message";
      data = [];
    } else if (!line.startsWith(":")) {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === "event") type = value;
      else if (field === "data") data.push(value);
    }
  }
}
