"""How fast documents are parsed and cut, and what chunks come of it, as an evidence record."""

from __future__ import annotations

import hashlib
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docs_qa import evidence

from .folder import File, read, scan
from .model import Chunk, Failure, Kind
from .parser import Parser
from .settings import Settings
from .split import cut
from .tokens import estimate


@dataclass(slots=True)
class Measured:
    """Documents of one kind.

    Attributes:
        documents: their number.
        pages: of those that have pages.
        bytes: their size.
        seconds: in which one process parsed and cut them, one value per run.
        chunks: what they became.
        duplicates: chunks left out.
    """

    documents: int = 0
    pages: int = 0
    bytes: int = 0
    seconds: list[float] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    duplicates: int = 0


def write(settings: Settings, runs: int, root: Path = Path()) -> Path | None:
    """Measure the folder of the settings and write the record.

    Args:
        settings: whose folder and sizes are taken.
        runs: the median of their times is reported.
        root: of the project.

    Returns:
        Path of the record; None if there is nothing to measure.
    """
    try:
        files = scan(root / settings.folder, settings.limits)
    except NotADirectoryError:
        return None
    measured, failed = measure(files, settings, runs)
    if not measured:
        return None
    values = [_speed(kind, one) for kind, one in sorted(measured.items())]
    chunks = [chunk for one in measured.values() for chunk in one.chunks]
    sizes = sorted(estimate(chunk.text) for chunk in chunks)
    values += [
        evidence.Value("Documents", sum(one.documents for one in measured.values())),
        evidence.Value("Documents that cannot be read", failed),
        evidence.Value("Chunks", len(chunks)),
        evidence.Value(
            "Chunks left out as duplicates", sum(one.duplicates for one in measured.values())
        ),
        evidence.Value(
            "Chunk, median",
            statistics.median(sizes),
            "tokens",
            note=f"estimated; largest {sizes[-1]}, ceiling {settings.chunks.ceiling}",
        ),
    ]
    digest = hashlib.sha256(b"".join(_digest(file, settings) for file in files))
    return evidence.write(
        "ingestion",
        "Parsing and cutting documents, one process",
        values,
        command="docs-qa documents measure",
        data_sha256=digest.hexdigest(),
        details={
            "runs": runs,
            "seconds": {kind: one.seconds for kind, one in measured.items()},
            "bytes": {kind: one.bytes for kind, one in measured.items()},
        },
        root=root,
    )


def measure(
    files: Sequence[File], settings: Settings, runs: int
) -> tuple[dict[Kind, Measured], int]:
    """Parse and cut files several times; return what came of them by kind, and how many failed."""
    measured: dict[Kind, Measured] = {}
    failed = 0
    with Parser(settings) as parser:
        for run in range(runs + 1):  # the first one starts the process and imports the parsers
            seconds: defaultdict[Kind, float] = defaultdict(float)
            for file in files:
                try:
                    data = read(file, settings.limits)
                    begun = time.perf_counter()
                    document = parser.parse(data, file.id)
                    chunks, duplicates = cut(document, settings.chunks)
                except Failure:
                    failed += run == 0
                    continue
                seconds[document.kind] += time.perf_counter() - begun
                if run == 0:
                    one = measured.setdefault(document.kind, Measured())
                    one.documents += 1
                    one.pages += len(document.pages)
                    one.bytes += len(data)
                    one.chunks += chunks
                    one.duplicates += duplicates
            if run:
                for kind, spent in seconds.items():
                    measured[kind].seconds.append(spent)
    return measured, failed


def _speed(kind: Kind, one: Measured) -> evidence.Value:
    seconds = statistics.median(one.seconds)
    of = f"{one.documents} documents, {len(one.chunks)} chunks"
    if one.pages:
        of += f", {one.pages} pages"
        return evidence.Value(f"Speed, {kind}", one.pages / seconds, "pages/s", note=of)
    return evidence.Value(f"Speed, {kind}", one.bytes / seconds / 1e6, "MB/s", note=of)


def _digest(file: File, settings: Settings) -> bytes:
    try:
        return hashlib.sha256(read(file, settings.limits)).digest()
    except Failure:
        return b""
