"""The other end of chat models: a loopback server with the wire formats of three providers."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass(frozen=True)
class Reply:
    """What the server does with one request.

    Attributes:
        pieces: the text, as it is streamed.
        status: 200, or an error instead of the text.
        headers: further response headers.
        hold: pieces after which it waits for `ChatServer.go`; 0: before the first byte; None: never.
        before: seconds until the first byte.
        between: seconds between pieces.
        usage: tokens in and out; None: the server does not say.
        finish: why the text ends; "" as if the connection were lost before.
        reset: pieces after which the connection is reset; None: never.
        raw: sent in the place of everything, if not empty.
    """

    pieces: Sequence[str] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: int | None = None
    before: float = 0.0
    between: float = 0.0
    usage: tuple[int, int] | None = (10, 5)
    finish: str = "stop"
    reset: int | None = None
    raw: bytes = b""


PATIENCE = 60  # seconds; a busy machine is no failure


class ChatServer:
    """Answers with the replies that a test queued, the last one again and again.

    Attributes:
        requests: path and JSON body of every request so far.
        asked: set when the first request is there.
        go: set it to let the replies go on that `Reply.hold` stops.
        gone: set when a client hangs up in the middle of a reply.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.asked = threading.Event()
        self.go = threading.Event()
        self.gone = threading.Event()
        self._replies: list[Reply] = [Reply(["Hello."])]
        self._stop = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.serve(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def reply(self, *replies: Reply) -> None:
        """Queue what the next requests get."""
        with self._lock:
            self._replies = list(replies)

    def close(self) -> None:
        """Stop at once, also in the middle of replies."""
        self._stop.set()
        self.go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        sent = handler.rfile.read(int(handler.headers["content-length"]))
        if not sent:  # the client left before it asked
            return
        body = json.loads(sent)
        with self._lock:
            self.requests.append((handler.path, body))
            self.asked.set()
            reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        handler.close_connection = True
        try:
            self._stop.wait(reply.before)
            if reply.hold == 0:
                self.go.wait()
            self._write(handler, reply, body)
        except OSError:
            self.gone.set()

    def _write(self, handler: BaseHTTPRequestHandler, reply: Reply, body: dict[str, Any]) -> None:
        handler.send_response(reply.status)
        headers = {"content-type": "text/event-stream", "connection": "close", **reply.headers}
        if reply.status != 200:
            headers["content-type"] = "application/json"
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if reply.status != 200:
            error = {"error": {"message": "told to fail", "type": "test"}}
            handler.wfile.write(json.dumps(error).encode())
            return
        if reply.raw:
            handler.wfile.write(reply.raw)
            return
        for index, frame in enumerate(_frames(handler.path, reply, body)):
            if index == reply.reset:
                _reset(handler.connection)
                raise ConnectionResetError
            if reply.hold and index == reply.hold:
                self.go.wait()
            handler.wfile.write(frame)
            handler.wfile.flush()
            if self._stop.wait(reply.between):
                return


def _reset(connection: socket.socket) -> None:
    """Close with a TCP reset, as a crashed server or a proxy does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _frames(path: str, reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    if path.endswith("/chat/completions"):
        return _openai(reply, body)
    if path.endswith("/v1/messages"):
        return _anthropic(reply)
    if path.endswith("/api/chat"):
        return _ollama(reply, body)
    raise ValueError(path)


def _openai(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    def frame(choices: list[dict[str, Any]], **more: object) -> bytes:
        chunk = {
            "id": "c1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "served-model",
        }
        return b"data: " + json.dumps(chunk | {"choices": choices} | more).encode() + b"\n\n"

    def choice(delta: dict[str, str], finish: str | None = None) -> list[dict[str, Any]]:
        return [{"index": 0, "delta": delta, "finish_reason": finish}]

    for piece in reply.pieces:
        yield frame(choice({"role": "assistant", "content": piece}))
    if not reply.finish:
        return
    yield frame(choice({}, reply.finish))
    # As the real server: token counts come only if they are asked for.
    if reply.usage and body.get("stream_options", {}).get("include_usage"):
        given, made = reply.usage
        usage = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
        yield frame([], usage=usage)
    yield b"data: [DONE]\n\n"


def _anthropic(reply: Reply) -> Iterator[bytes]:
    def frame(kind: str, **fields: object) -> bytes:
        data = json.dumps({"type": kind} | fields)
        return f"event: {kind}\ndata: {data}\n\n".encode()

    given, made = reply.usage or (0, 0)
    message: dict[str, Any] = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "served-model",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": given, "output_tokens": 1},
    }
    yield frame("message_start", message=message)
    yield frame("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for piece in reply.pieces:
        delta = {"type": "text_delta", "text": piece}
        yield frame("content_block_delta", index=0, delta=delta)
    yield frame("content_block_stop", index=0)
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    # Counts are cumulative, those of the input are repeated.
    counts = {"input_tokens": given, "output_tokens": made}
    yield frame("message_delta", delta=end, usage=counts)
    yield frame("message_stop")


def _ollama(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    def frame(text: str, **more: object) -> bytes:
        message = {"role": "assistant", "content": text}
        line: dict[str, Any] = {
            "model": body["model"],
            "created_at": "2026-01-01T00:00:00Z",
            "message": message,
        }
        return json.dumps(line | {"done": False} | more).encode() + b"\n"

    for piece in reply.pieces:
        yield frame(piece)
    given, made = reply.usage or (0, 0)
    counts = {"prompt_eval_count": given, "eval_count": made}
    yield frame("", done=True, done_reason=reply.finish, **counts)


@pytest.fixture
def chat_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A server for all chat models; no provider's key is set."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "APP_CHAT_MODEL"):
        monkeypatch.delenv(name, raising=False)
    server = ChatServer()
    yield server
    server.close()
