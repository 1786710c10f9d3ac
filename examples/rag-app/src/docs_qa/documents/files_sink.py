"""The sink of a library without an index: one file of JSON lines per document."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from .model import Chunk


class FilesSink:
    """Writes `<name>-<hash of the id>.<revision>.jsonl`; files appear whole or not at all.

    Args:
        folder: is created when needed.
    """

    identity = "jsonl:1"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Write chunks of complete documents."""
        for (document, revision), part in groupby(chunks, lambda one: (one.document, one.revision)):
            path = self._folder / f"{_stem(document)}.{revision}.jsonl"
            temporary = path.with_suffix(".tmp")
            with temporary.open("w", encoding="utf-8") as file:
                for chunk in part:
                    file.write(json.dumps(asdict(chunk), ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)

    def remove(self, document: str, *, keep: str | None = None) -> None:
        """Delete the files of a document, those of other revisions than `keep`."""
        stem = _stem(document)
        for path in self._folder.iterdir():
            name = path.name
            if name.startswith(f"{stem}.") and name != f"{stem}.{keep}.jsonl":
                path.unlink(missing_ok=True)

    def chunks(self) -> Iterator[Chunk]:
        """Give all chunks that are there, active or not, in the order of the file names."""
        for path in sorted(self._folder.glob("*.jsonl")):
            with path.open(encoding="utf-8") as file:
                for one in file:
                    yield Chunk(**json.loads(one))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is left open."""


def _stem(document: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9]+", "-", document).strip("-")[-60:]
    digest = hashlib.sha256(document.encode()).hexdigest()[:12]
    return f"{readable}-{digest}"
