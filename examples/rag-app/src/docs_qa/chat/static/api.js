// The service behind the page: requests, its problems, and the key that it may ask for.

import { events } from "./sse.js";

// Relative to this module, so that the page also works behind a path prefix.
const API = new URL("../v1", import.meta.url).href;
const KEY = "api-key";

/** What went wrong, in the terms of RFC 9457; status 0 when the service could not be reached. */
export class Problem extends Error {
  constructor({ status = 0, title = "", detail = "", kind = "", wait = 0, requestId = "" }) {
    super(detail || title);
    Object.assign(this, { status, title, detail, kind, wait, requestId });
  }

  /** Out of a problem document; `wait` is the Retry-After header in seconds. */
  static of(document, status, wait) {
    const { title, detail, type = "", request_id: requestId } = document ?? {};
    return new Problem({
      status: status || document?.status || 500,
      title,
      detail,
      kind: String(type).split(/[/:#]/).pop(),
      wait: Number(wait) || Number(document?.retry_after) || 0,
      requestId,
    });
  }
}

/** The key of this tab; `set("")` forgets it. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

let askForKey = async () => false;
let asking = null;

/** Call `prompt(refused)` when the service wants a key; it answers whether there is one now. */
export function onKeyNeeded(prompt) {
  askForKey = prompt;
}

/** Ask once, however many requests were refused at the same time. */
async function newKey(used) {
  if (key.get() !== used) return true;
  asking ??= askForKey(Boolean(used)).finally(() => (asking = null));
  return asking;
}

const keyHeader = () => (key.get() ? { "X-API-Key": key.get() } : {});

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function send(method, path, { json, signal } = {}) {
  const used = key.get();
  const headers = { Accept: "application/json, text/event-stream", ...keyHeader() };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  const body = json === undefined ? undefined : JSON.stringify(json);
  let response;
  try {
    response = await fetch(API + path, { method, headers, body, signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ title: "The service cannot be reached" });
  }
  if (response.ok) return response;
  if (response.status === 401 && (await newKey(used))) return send(method, path, { json, signal });
  const document = parsed(await response.text());
  throw Problem.of(document, response.status, response.headers.get("retry-after"));
}

/** A request that is answered with JSON, or with nothing. */
export async function request(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : response.json();
}

/**
 * Ask a question; gives the events of the answer.
 *
 * @param {object} question question, history and filters, as `POST /v1/ask` takes them
 * @param {AbortSignal} signal closes the connection, which also stops the server's work
 */
export async function* ask(question, signal) {
  const response = await send("POST", "/ask", { json: { ...question, stream: true }, signal });
  try {
    yield* events(response.body);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ title: "The connection was lost" });
  }
}

/** Upload a file; `progress` is told the share that was sent. XHR, because fetch cannot tell. */
export function upload(file, progress, signal) {
  return new Promise((resolve, reject) => {
    const used = key.get();
    const xhr = new XMLHttpRequest();
    xhr.open("PUT", `${API}/documents/${encodeURIComponent(file.name)}`);
    for (const [name, value] of Object.entries(keyHeader())) xhr.setRequestHeader(name, value);
    xhr.setRequestHeader("Content-Type", "application/octet-stream");
    xhr.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    xhr.onabort = () => reject(new DOMException("stopped", "AbortError"));
    xhr.onerror = () => reject(new Problem({ title: "The service cannot be reached" }));
    xhr.onload = async () => {
      const document = parsed(xhr.responseText);
      if (xhr.status < 300) resolve(document);
      else if (xhr.status === 401 && (await newKey(used))) resolve(upload(file, progress, signal));
      else reject(Problem.of(document, xhr.status, xhr.getResponseHeader("retry-after")));
    };
    signal.addEventListener("abort", () => xhr.abort());
    xhr.send(file);
  });
}
