"""Parses documents in processes that may hang, crash or grow without harm to anything else."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from . import frames
from .formats import Options, too_large
from .model import Block, Document, Failure
from .settings import MIB, Settings

_WORKER = "my_project.documents.worker"
# An isolated Python finds what is installed; where the package is used in place, it has to be told.
_PLACE = str(Path(__file__).resolve().parents[_WORKER.count(".")])
_START = (
    "import runpy, sys; sys.path.append(sys.argv[1]); "
    "runpy.run_module(sys.argv[2], run_name='__main__')"
)
# After so many documents a process is replaced: what libraries cache does not pile up.
_DOCUMENTS_PER_PROCESS = 200
# JSON of a character is at most 12 bytes ("\\ud83d\\ude00"), and blocks are fewer than characters.
_BYTES_PER_CHARACTER = 16


class Parser:
    """A few parsing processes, started when they are needed. Safe to use from several threads.

    Args:
        settings: limits of a document, fallback encoding.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        self.options = Options(settings.limits, settings.fallback_encoding)
        self._idle: list[_Process] = []
        self._lock = threading.Lock()
        self._closed = False

    def parse(self, data: bytes, name: str) -> Document:
        """Parse a document.

        Args:
            data: its bytes.
            name: its file name or URL.

        Returns:
            Its text and structure.

        Raises:
            Failure: it is empty, encrypted, broken, too large, too slow or not supported.
        """
        limits = self.options.limits
        if len(data) > limits.max_bytes:
            raise too_large(len(data), limits)
        process = self._take()
        try:
            answer = process.ask(data, name)
        except BaseException:
            process.end()
            raise
        self._give_back(process)
        if "document" not in answer:
            raise Failure(str(answer.get("reason")), str(answer.get("problem")))
        return unpack(answer["document"])

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes."""
        self.close()

    def _take(self) -> _Process:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Process(self.options)

    def _give_back(self, process: _Process) -> None:
        with self._lock:
            if not self._closed and process.answered < _DOCUMENTS_PER_PROCESS:
                self._idle.append(process)
                return
        process.end()


def parse(source: Path | bytes, name: str = "", settings: Settings | None = None) -> Document:
    """Parse one document in a process of its own.

    Args:
        source: a file, or the bytes of one.
        name: file name or URL, for bytes.
        settings: limits; those of the configuration if None.

    Raises:
        Failure: it cannot be taken.
        OSError: the file cannot be read.
    """
    with Parser(settings) as parser:
        if isinstance(source, bytes):
            return parser.parse(source, name)
        return parser.parse(source.read_bytes(), name or source.name)


def unpack(packed: dict[str, Any]) -> Document:
    """Return what `worker.pack` packed.

    Raises:
        Failure: a process that was taken over or damaged sent something else.
    """
    try:
        blocks = tuple(Block(*block) for block in packed["blocks"])
        document = Document(**{**packed, "blocks": blocks, "pages": tuple(packed["pages"])})
        ends = [0, *(block.end for block in blocks)]
        sound = all(
            before <= block.start <= block.end <= len(document.text)
            for before, block in zip(ends, blocks, strict=False)
        )
    except (KeyError, TypeError) as error:
        raise Failure("crashed", "the parser sent something that is no document") from error
    if not sound:
        raise Failure("crashed", "the parser sent blocks that are not in the text")
    return document


class _Process:
    def __init__(self, options: Options) -> None:
        self._limits = options.limits
        self.answered = 0
        given = {
            "limits": options.limits.model_dump(),
            "fallback_encoding": options.fallback_encoding,
        }
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-I", "-B", "-c", _START, _PLACE, _WORKER, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        )

    def ask(self, data: bytes, name: str) -> dict[str, Any]:
        """Send a document and wait for the answer, no longer than the limit."""
        process = self._process
        requests, answers = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._limits.seconds, stop)
        timer.start()
        try:
            frames.send(requests, {"name": name}, data)
            most = self._limits.characters * _BYTES_PER_CHARACTER + MIB
            answer, _ = frames.receive(answers, most)
        except (OSError, EOFError, ValueError) as error:
            raise self._failure(error, late=late.is_set()) from error
        finally:
            timer.cancel()
        self.answered += 1
        return answer

    def end(self) -> None:
        """Kill the process and wait for its end."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _failure(self, error: Exception, *, late: bool) -> Failure:
        if isinstance(error, ValueError):
            return Failure("crashed", f"the parser answered nonsense: {error}")
        code = self._process.wait()
        if late:
            return Failure(
                "timeout",
                f"parsing it took more than {self._limits.seconds:g} s (limits.seconds)",
            )
        if code == -signal.SIGXCPU:
            return Failure(
                "timeout",
                f"parsing it took more than {self._limits.cpu_seconds} s of processor time "
                "(limits.cpu_seconds)",
            )
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return Failure("crashed", f"the parser ended on it ({how})")
