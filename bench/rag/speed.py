"""Measure how fast a generated project ingests and answers: speed.py PROJECT [--chunks N] [--questions N].

PROJECT is a generated `rag-app` after `make setup embedding`. Ingestion is compared with its own embedding model on the
same texts, in turn. Answers are timed over HTTP, in extractive mode, on an index of N chunks: their text is made of the
sentences of $SCAFFOLDER_DATA/squad2_dev_part.json in another order, and their vectors are real ones with noise, because
embedding that many would take an hour; the questions are real. The record is written to bench/results/rag_speed.json.
Exit code 1 when an aim is missed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quality import DATA, RESULTS, SEED, package_of, read, use_interpreter_of

#: Processor time of ingesting over that of embedding alone; milliseconds to the first byte, 95th percentile.
AIMS = {"ingestion": 1.3, "first_byte_p95_ms": 150.0}
ROUNDS = 3
INGESTED = 240  # passages
PASSAGES_PER_FILE = 40
NOISE = 0.6  # length of the noise on a vector of length 1: the cosine to the original is about 0.85
WARM_UP = 10


def main(arguments: Sequence[str]) -> int:
    """Measure, write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--chunks", type=int, default=50_000)
    parser.add_argument("--questions", type=int, default=200)
    chosen = parser.parse_args(arguments)
    source = Path(os.environ.get("SCAFFOLDER_DATA", "")) / DATA
    if not source.is_file():
        print(f"{source} does not exist: set SCAFFOLDER_DATA to the folder that has it", file=sys.stderr)
        return 3
    use_interpreter_of(chosen.project)
    project = Project(chosen.project.absolute(), package_of(chosen.project))
    passages, questions = read(source.read_bytes())
    os.chdir(project.root)
    with tempfile.TemporaryDirectory() as folder:
        record: dict[str, Any] = {"ingestion": ingestion(project, Path(folder, "small"), passages[:INGESTED])}
        large = Path(folder, "large")
        record["chunks"] = fill(project, large, passages, chosen.chunks)
        asked = random.Random(SEED).sample(questions, chosen.questions)
        record["answers"] = answers(project, large, [question.text for question in asked])
    record["aims"] = AIMS
    record["missed"] = missed(record)
    record["machine"] = project.module("evidence").hardware()
    record["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    print(json.dumps(record, indent=2))
    (RESULTS / "rag_speed.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "rag_speed.md").write_text(section(record), encoding="utf-8")
    return int(bool(record["missed"]))


@dataclass(frozen=True)
class Project:
    """The generated project."""

    root: Path
    package: str

    def module(self, name: str) -> Any:
        """One of its modules."""
        return importlib.import_module(f"{self.package}.{name}")

    @contextmanager
    def opened(self, folder: Path) -> Iterator[tuple[Any, Any]]:
        """A library and an index in `folder`, which are made if they are not there."""
        documents, store = self.module("documents"), self.module("store")
        settings = documents.Settings(data_dir=folder / "data")
        index = store.open_index(store.StoreSettings(data_dir=folder / "data", store="qdrant-edge"))
        with documents.Library(settings=settings) as library, index:
            yield library, index


@dataclass
class Recorder:
    """An embedding model that keeps what it was asked and how long that took."""

    encoder: Any
    calls: list[list[str]] = field(default_factory=list)

    def documents(self, texts: Sequence[str]) -> Any:
        """Embed."""
        self.calls.append(list(texts))
        return self.encoder.documents(texts)

    def __getattr__(self, name: str) -> Any:
        """What else an embedding model has."""
        return getattr(self.encoder, name)


class Recycler:
    """Gives texts the vectors of others, with noise: an index of any size in no time."""

    def __init__(self, encoder: Any, texts: Sequence[str]) -> None:
        import numpy as np

        self._encoder = encoder
        self._pool = encoder.documents([text for text in texts if encoder.fits(text)])
        self._rng = np.random.default_rng(SEED)

    def documents(self, texts: Sequence[str]) -> Any:
        """Vectors of length 1, one per text."""
        import numpy as np

        shape = (len(texts), self._pool.shape[1])
        noise = self._rng.normal(scale=NOISE / shape[1] ** 0.5, size=shape)
        vectors = self._pool[self._rng.integers(0, len(self._pool), len(texts))] + noise
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def __getattr__(self, name: str) -> Any:
        """What else an embedding model has."""
        return getattr(self._encoder, name)


def ingestion(project: Project, folder: Path, passages: list[dict[str, str]]) -> dict[str, Any]:
    """Synchronise a folder into an empty library, then embed the same texts alone; several times; processor time."""
    write(folder / "documents", [passage["text"] for passage in passages])
    sink_of = project.module("store.sink").IndexSink
    rounds = []
    for number in range(ROUNDS):
        children = children_seconds()
        with project.opened(folder / str(number)) as (library, index):
            recorder = Recorder(index.embeddings)
            started = time.process_time()
            report = library.sync(folder / "documents", sink_of(index.store, recorder))
            whole = time.process_time() - started
            started = time.process_time()
            for texts in recorder.calls:
                index.embeddings.documents(texts)
            alone = time.process_time() - started
        whole += children_seconds() - children  # the parsing processes, which have ended by now
        rounds.append({"ingesting_s": whole, "embedding_s": alone, "ratio": whole / alone})
    return {
        "chunks": report.chunks,
        "texts": sum(map(len, recorder.calls)),
        "ratio": statistics.median(each["ratio"] for each in rounds),
        "rounds": rounds,
    }


def children_seconds() -> float:
    """Processor time of the processes that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def write(folder: Path, passages: Sequence[str]) -> None:
    """Put passages into Markdown files, a section each."""
    folder.mkdir(parents=True)
    for start in range(0, len(passages), PASSAGES_PER_FILE):
        sections = [
            f"## Part {start + i}\n\n{text}\n" for i, text in enumerate(passages[start : start + PASSAGES_PER_FILE])
        ]
        (folder / f"{start:06}.md").write_text(f"# Volume {start}\n\n" + "\n".join(sections), encoding="utf-8")


def fill(project: Project, folder: Path, passages: list[dict[str, str]], chunks: int) -> int:
    """Make a library of about `chunks` chunks; return how many there are."""
    spans = project.module("documents.sentences").spans
    texts = [passage["text"] for passage in passages]
    sentences = [text[start:end] for text in texts for start, end in spans(text)]
    shuffled = random.Random(SEED)
    made = [" ".join(shuffled.sample(sentences, 4)) for _ in range(chunks)]
    write(folder / "documents", made)
    with project.opened(folder) as (library, index):
        recycler = Recycler(index.embeddings, texts[:INGESTED] + sentences[: 4 * INGESTED])
        library.sync(folder / "documents", project.module("store.sink").IndexSink(index.store, recycler))
        index.store.optimize()
        count: int = index.store.count()
    return count


def answers(project: Project, folder: Path, questions: list[str]) -> dict[str, Any]:
    """Ask the running service one question after the other; milliseconds."""
    with serving(project, folder) as url:
        for question in questions[:WARM_UP]:
            ask(url, question)
        timed = [ask(url, question) for question in questions]
    found: dict[str, Any] = {"questions": len(timed)}
    for name, values in zip(("first_byte", "first_token", "whole"), zip(*timed, strict=True), strict=True):
        cuts = statistics.quantiles(values, n=100)
        found |= {f"{name}_p50_ms": cuts[49], f"{name}_p95_ms": cuts[94]}
    return found


def ask(url: str, question: str) -> tuple[float, float, float]:
    """Milliseconds to the first byte of the answer, to its first words, and to its end."""
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(f"{url}/v1/ask", body, {"Content-Type": "application/json"})
    started = time.perf_counter()
    first_byte = first_token = None
    with urllib.request.urlopen(request, timeout=60) as response:
        for line in response:
            first_byte = first_byte or time.perf_counter() - started
            if line.startswith((b"event: token", b"event: done")):
                first_token = first_token or time.perf_counter() - started
        whole = time.perf_counter() - started
    if first_byte is None or first_token is None:
        raise RuntimeError(f"no answer to {question!r}")
    return 1000 * first_byte, 1000 * first_token, 1000 * whole


@contextmanager
def serving(project: Project, folder: Path) -> Iterator[str]:
    """The service on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APP_")}
    chosen = {
        "APP_PORT": str(port),
        "APP_DATA_DIR": str(folder / "data"),
        "APP_DOCUMENTS_FOLDER": str(folder / "documents"),
        "APP_ASK_RATE": "0",
    }
    command = [sys.executable, "-m", project.package, "serve"]
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen(command, cwd=project.root, env=inherited | chosen, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait(url, service, folder / "log")
        yield url
    finally:
        service.terminate()
        service.wait(60)


def wait(url: str, service: subprocess.Popen[bytes], log: Path, seconds: float = 300) -> None:
    """Until the service is ready."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and service.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
            return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    raise RuntimeError(f"the service is not ready; it said:\n{log.read_text(encoding='utf-8')[-3000:]}")


def missed(record: dict[str, Any]) -> list[str]:
    """What is not reached, in words."""
    ratio, milliseconds = record["ingestion"]["ratio"], record["answers"]["first_token_p95_ms"]
    found = []
    if ratio > AIMS["ingestion"]:
        found.append(f"ingestion takes {ratio:.2f} times the embedding model's own time")
    if milliseconds > AIMS["first_byte_p95_ms"]:
        found.append(f"the first words come after {milliseconds:.0f} ms (95th percentile)")
    return found


def section(record: dict[str, Any]) -> str:
    """The section of RESULTS.md."""
    machine, taken, asked = record["machine"], record["ingestion"], record["answers"]
    verdict = f"Missed: {'; '.join(record['missed'])}." if record["missed"] else "Every aim is reached."
    rows = "\n".join(
        f"| {label} | {asked[f'{name}_p50_ms']:.0f} | {asked[f'{name}_p95_ms']:.0f} | {limit} |"
        for name, label, limit in (
            ("first_byte", "first byte of the response", ""),
            ("first_token", "first words of the answer", f"{AIMS['first_byte_p95_ms']:.0f}"),
            ("whole", "whole answer", ""),
        )
    )
    return f"""## Ingesting and answering

A generated `rag-app` with its default settings. Ingesting {taken["chunks"]} passages (reading, cutting, embedding,
storing) takes {taken["ratio"]:.2f} times the processor time of its embedding model alone for the same
{taken["texts"]} texts, sentences included (at most {AIMS["ingestion"]}; median of {len(taken["rounds"])} rounds).

Answers over HTTP in extractive mode, one after the other: {asked["questions"]} questions of SQuAD 2.0 on an index of
{record["chunks"]:,} passages. Their text is made of SQuAD's sentences in another order, their vectors are real ones,
with noise.
{machine["cores"]} cores ({machine["cpu"]}), Python {machine["python"]}, {record["measured_at"][:10]}.
Again: `python bench/rag/speed.py PROJECT`.

| milliseconds | median | 95th percentile | at most |
| --- | --- | --- | --- |
{rows}

{verdict}
"""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
