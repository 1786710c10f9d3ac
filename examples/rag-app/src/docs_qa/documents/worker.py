"""The parsing process: reads documents from standard input under limits, writes what is in them.

It is started without the environment of the service, so that a flaw in a parser finds no secret
there, and cannot write files or start programs.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

from docs_qa.documents import formats, frames
from docs_qa.documents.clean import clean, line
from docs_qa.documents.model import Document, Failure
from docs_qa.documents.settings import MIB, Limits

_MESSAGE = 300


def main() -> None:
    """Answer requests until standard input ends; the first argument holds the options as JSON."""
    given = json.loads(sys.argv[-1])
    options = formats.Options(Limits(**given["limits"]), given["fallback_encoding"])
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    restrict(options.limits)
    serve(sys.stdin.buffer, answers, options)


def serve(requests: BinaryIO, answers: BinaryIO, options: formats.Options) -> None:
    """Answer requests until there are no more."""
    while True:
        try:
            header, data = frames.receive(requests, options.limits.max_bytes + MIB)
        except EOFError:
            return
        allow_processor_time(options.limits.cpu_seconds)
        frames.send(answers, answer(data, header["name"], options))


def answer(data: bytes, name: str, options: formats.Options) -> dict[str, Any]:
    """Parse a document; return it, or why it cannot be taken, as something that JSON has."""
    try:
        return {"document": pack(formats.read(data, name, options))}
    except Failure as failure:
        return {"reason": failure.reason, "problem": _message(failure.problem)}
    except MemoryError:
        limit = f"{options.limits.memory_mib} MiB (limits.memory_mib)"
        return {"reason": "memory", "problem": f"parsing it needs more memory than {limit}"}
    except RecursionError:
        return {"reason": "broken", "problem": "it is nested too deeply"}
    except Exception as error:  # noqa: BLE001 (parsers raise anything on a broken file)
        problem = _message(f"it cannot be read: {type(error).__name__}: {error}")
        return {"reason": "broken", "problem": problem}


def restrict(limits: Limits) -> None:
    """Bound this process: memory, files, programs. Not every system enforces every bound."""
    bounds = {
        resource.RLIMIT_AS: limits.memory_mib * MIB,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, bound in bounds.items():
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):
            continue  # macOS refuses some of them; time and size remain bounded


def allow_processor_time(seconds: int) -> None:
    """Let this process run for some more seconds; then the system ends it (SIGXCPU)."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds + 1, hard))


def pack(document: Document) -> dict[str, Any]:
    """Return a document as something that JSON has."""
    packed = asdict(document)
    packed["blocks"] = [
        [block.kind, block.start, block.end, block.level, block.repeat] for block in document.blocks
    ]
    return packed


def _message(text: str) -> str:
    return line(clean(text)[0])[:_MESSAGE]


if __name__ == "__main__":
    main()
