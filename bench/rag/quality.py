"""Measure how well a generated project finds passages: quality.py PROJECT [--cache DIR].

PROJECT is a generated project with the component `vector-store`, after `make setup embedding`. The questions are the
answerable ones of $SCAFFOLDER_DATA/squad2_dev_part.json, a part of SQuAD 2.0 dev (CC BY-SA 4.0). Every passage
is indexed once, by the project's own code, into DIR; then each way to search is asked every question. The record is
written to bench/results/rag_quality.json. Exit code 1 when the default search does not beat the aims, or the usual
starter (LangChain's recursive splitter with its tutorial's sizes, dense retrieval) is not behind it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "results"
DATA = "squad2_dev_part.json"
DEPTH = 30  # chunks asked for; a passage may have several
SEED = 7
RESAMPLES = 1000
#: Reference figures for these questions, of which the default search must reach one row.
AIMS = ({"recall": 0.968, "mrr": 0.898, "ndcg": 0.919}, {"recall": 0.965, "mrr": 0.906, "ndcg": 0.925})
FUSIONS = ("lexical", "dense", "rrf", "dbsf", "convex")
STARTER = "starter: recursive splitter 1000/200, dense"


@dataclass(frozen=True)
class Question:
    """A question and the id of the passage that answers it."""

    text: str
    passage: str


@dataclass(frozen=True)
class Row:
    """Quality of one way to search, with 95 % bootstrap intervals over the questions."""

    name: str
    recall: float
    mrr: float
    ndcg: float
    intervals: dict[str, tuple[float, float]]
    milliseconds: float


def main(arguments: Sequence[str]) -> int:
    """Index, ask, write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--cache", type=Path, help="keeps the index for the next run (default: in PROJECT/data)")
    parser.add_argument("--limit", type=int, default=0, help="only so many questions, to try it out")
    chosen = parser.parse_args(arguments)
    source = Path(os.environ.get("SCAFFOLDER_DATA", "")) / DATA
    if not source.is_file():
        print(f"{source} does not exist: set SCAFFOLDER_DATA to the folder that has it", file=sys.stderr)
        return 3
    use_interpreter_of(chosen.project)
    content = source.read_bytes()
    passages, questions = read(content)
    questions = questions[: chosen.limit or None]
    package = package_of(chosen.project)
    cache = chosen.cache or chosen.project / "data" / "bench"
    rows = [evaluate(name, search, questions) for name, search in searches(package, chosen.project, cache, passages)]
    default = importlib.import_module(f"{package}.store").SearchSettings.load(chosen.project / "config" / "search.toml")
    record = {
        "data": {"file": DATA, "sha256": sha256(content).hexdigest()},
        "passages": len(passages),
        "questions": len(questions),
        "default": name_of(default.fusion, default.rerank),
        "settings": default.model_dump(),
        "rows": [asdict(row) for row in rows],
        "seed": SEED,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": importlib.import_module(f"{package}.evidence").hardware(),
    }
    record["missed"] = missed(record)
    print(table(record))
    if not chosen.limit:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "rag_quality.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        (RESULTS / "rag_quality.md").write_text(section(record), encoding="utf-8")
    return int(bool(record["missed"]))


def read(content: bytes) -> tuple[list[dict[str, str]], list[Question]]:
    """The passages, and the questions that they answer."""
    data = json.loads(content)
    asked = [Question(one["q"], one["doc"]) for one in data["queries"] if one["answerable"]]
    return data["docs"], asked


Search = Callable[[str], list[str]]


def searches(package: str, project: Path, cache: Path, passages: list[dict[str, str]]) -> Iterator[tuple[str, Search]]:
    """Every way to search, as a name and a function from a question to passage ids, best first."""
    store = importlib.import_module(f"{package}.store")
    settings = store.StoreSettings(
        data_dir=cache,
        store="qdrant-edge",
        embeddings="minilm",
        embedding_dir=project / "models" / "embedding",
        query_cache=10_000,
    )
    configured = store.SearchSettings.load(project / "config" / "search.toml")
    with store.open_index(settings) as index:
        chunks = cut(package, index, passages)
        if index.store.count() != len(chunks):
            index.store.clear()
            started = time.process_time()
            index.sink().add(chunks)
            print(f"indexed {len(chunks)} chunks in {time.process_time() - started:.0f} s of processor time")
        for fusion in FUSIONS:
            for rerank in ("none", "sentences"):
                chosen = configured.model_copy(update={"fusion": fusion, "rerank": rerank})
                searcher = index.searcher(settings=chosen)
                yield name_of(fusion, rerank), _asking(searcher)
        yield STARTER, starter(index.embeddings, passages)


def _asking(searcher: Any) -> Search:
    return lambda question: _distinct(hit.chunk.document for hit in searcher.search(question, DEPTH).hits)


def name_of(fusion: str, rerank: str) -> str:
    """What a row is called."""
    return fusion if rerank == "none" else f"{fusion} + {rerank}"


def cut(package: str, index: Any, passages: list[dict[str, str]]) -> list[Any]:
    """One chunk per passage; one that the model cannot read whole is cut by the project's splitter."""
    documents = importlib.import_module(f"{package}.documents")
    longest = index.embeddings.embeddings.max_tokens - 2  # [CLS] and [SEP]
    whole = documents.Settings().chunks.model_copy(update={"target": longest, "ceiling": longest})
    found = []
    for passage in passages:
        text = passage["text"]
        document = documents.Document(
            name=passage["id"],
            kind="text",
            title=passage["title"].replace("_", " "),
            text=text,
            blocks=(documents.Block("paragraph", 0, len(text)),),
        )
        found += documents.split(document, whole, revision="1", count=index.embeddings.counter)
    return found


def starter(embeddings: Any, passages: list[dict[str, str]]) -> Search:
    """What tutorials build: LangChain's splitter with 1000/200 characters and nearest vectors, same model."""
    np = importlib.import_module("numpy")
    splitters = importlib.import_module("langchain_text_splitters")
    splitter = splitters.RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    pieces = [(passage["id"], piece) for passage in passages for piece in splitter.split_text(passage["text"])]
    whole = [text for _, text in pieces if embeddings.fits(text)]
    vectors = dict(zip(whole, embeddings.documents(whole), strict=True))
    # Its model cuts a longer text off without saying so, as `query` does.
    matrix = np.stack([vectors[text] if text in vectors else embeddings.query(text) for _, text in pieces])

    def search(question: str) -> list[str]:
        order = np.argsort(-(matrix @ embeddings.query(question)))[:DEPTH]
        return _distinct(pieces[i][0] for i in order)

    return search


def evaluate(name: str, search: Search, questions: list[Question]) -> Row:
    """Ask every question; recall@5, MRR@10 and nDCG@10 for the one relevant passage."""
    ranks = []
    started = time.perf_counter()
    for question in questions:
        found = search(question.text)
        ranks.append(found.index(question.passage) + 1 if question.passage in found else math.inf)
    seconds = time.perf_counter() - started
    values = {
        "recall": [float(rank <= 5) for rank in ranks],
        "mrr": [1 / rank if rank <= 10 else 0.0 for rank in ranks],
        "ndcg": [1 / math.log2(rank + 1) if rank <= 10 else 0.0 for rank in ranks],
    }
    means = {metric: sum(each) / len(each) for metric, each in values.items()}
    intervals = {metric: interval(each) for metric, each in values.items()}
    row = Row(name, **means, intervals=intervals, milliseconds=1000 * seconds / len(questions))
    print(f"{name:45} {row.recall:.3f} {row.mrr:.3f} {row.ndcg:.3f} {row.milliseconds:.1f} ms", flush=True)
    return row


def interval(values: list[float]) -> tuple[float, float]:
    """95 % percentile bootstrap of the mean."""
    np = importlib.import_module("numpy")
    rng = np.random.default_rng(SEED)
    array = np.array(values)
    means = [array[rng.integers(0, len(array), len(array))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def missed(record: dict[str, Any]) -> list[str]:
    """What is not reached, in words."""
    rows = {row["name"]: row for row in record["rows"]}
    ours, other = rows[record["default"]], rows[STARTER]
    found = []
    if not any(all(round(ours[metric], 3) >= aim[metric] for metric in aim) for aim in AIMS):
        found.append(f"{ours['name']} reaches none of the reference rows")
    found += [f"{metric} of the starter is not below" for metric in AIMS[0] if other[metric] >= ours[metric]]
    return found


def table(record: dict[str, Any]) -> str:
    """The rows as Markdown, the default one in bold."""
    lines = ["| | recall@5 | MRR@10 | nDCG@10 | ms |", "| --- | --- | --- | --- | --- |"]
    for row in record["rows"]:
        name = f"**{row['name']}**" if row["name"] == record["default"] else row["name"]
        cells = [f"{row[metric]:.3f}" for metric in AIMS[0]]
        lines.append(f"| {name} | {' | '.join(cells)} | {row['milliseconds']:.1f} |")
    verdict = f"Missed: {'; '.join(record['missed'])}." if record["missed"] else "Every aim is reached."
    return "\n".join([*lines, "", verdict])


def section(record: dict[str, Any]) -> str:
    """The section of RESULTS.md."""
    machine, starter = record["machine"], record["rows"][-1]
    return f"""## Finding passages

{record["questions"]:,} questions of SQuAD 2.0 (dev, a part) on {record["passages"]:,} passages, one of which has the
answer, searched by a generated `rag-app` with its default settings (bold) and with each part switched. The last row is
what tutorials build: LangChain's recursive splitter with 1000/200 characters and the nearest vectors of the same model.
Reference figures: .968/.898/.919 or .965/.906/.925. 95 % bootstrap intervals are in the record; those of nDCG are about
{_half_width(starter):.3f} to each side. The times were taken on a busy machine: compare them with each other.
{machine["cores"]} cores ({machine["cpu"]}), Python {machine["python"]}, {record["measured_at"][:10]}.
Again: `python bench/rag/quality.py PROJECT`.

{table(record)}
"""


def _half_width(row: dict[str, Any]) -> float:
    low, high = row["intervals"]["ndcg"]
    return float(high - low) / 2


def _distinct(documents: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(documents))


def package_of(project: Path) -> str:
    """The name of the project's package."""
    (found,) = (path.parent.name for path in (project / "src").glob("*/__init__.py"))
    return found


def use_interpreter_of(project: Path) -> None:
    """Start again with the project's Python, which has its package and libraries."""
    python = (project / ".venv" / "bin" / "python").absolute()
    if Path(sys.prefix) != python.parent.parent:
        os.execv(python, [str(python), *sys.argv])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
