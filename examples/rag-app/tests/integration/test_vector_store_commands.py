"""From documents to answers: the library, the sink and the command line, with the real model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from docs_qa.cli import main
from docs_qa.documents import Library
from docs_qa.documents.sinks.store import open_sink
from docs_qa.store import StoreSettings, open_index

RULES = """---
year: "2026"
---
# Rules of the library

## Fees

Late returns cost ten cents per day and item. A lost card costs two euros.

## Rooms

Group rooms can be booked for two hours. The desk has the keys.
"""
HISTORY = "The building was a brewery until 1897. Then the city bought it.\n"


@pytest.fixture
def documents(
    tmp_path: Path,
    store_settings: StoreSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A folder with two documents, which the environment names."""
    del store_settings
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "rules.md").write_text(RULES)
    (folder / "history.txt").write_text(HISTORY)
    monkeypatch.setenv("APP_DOCUMENTS_FOLDER", str(folder))
    monkeypatch.setenv("APP_DOCUMENTS_WORKERS", "1")
    return folder


@pytest.fixture
def indexed(documents: Path) -> Path:
    """The same, after a synchronisation."""
    with Library() as library, open_sink() as sink:
        report = library.sync(documents, sink)
    assert sorted(report.added) == ["history.txt", "rules.md"]
    return documents


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == status, result.output
    return result


def search(*arguments: str) -> list[dict[str, object]]:
    answer = json.loads(run("search", *arguments, "--json").stdout)
    hits: list[dict[str, object]] = answer["hits"]
    return hits


def documents_of(hits: Sequence[dict[str, object]]) -> list[object]:
    return [hit["document"] for hit in hits]


def test_a_paraphrase_finds_its_passage(indexed: Path) -> None:
    del indexed
    hits = search("How much do I pay if I bring a book back too late?", "-k", "2")
    assert hits[0]["document"] == "rules.md"
    assert hits[0]["section"] == "Fees"
    assert "ten cents" in str(hits[0]["text"])
    assert set(search("brewery")[0]["scores"]) == {"dense", "lexical", "sentence"}  # type: ignore[call-overload]


def test_filters_on_the_command_line(indexed: Path) -> None:
    del indexed
    assert set(documents_of(search("building", "--where", "kind=text"))) == {"history.txt"}
    both = search("building", "--where", "kind=text", "--where", "kind=markdown")
    assert set(documents_of(both)) == {"history.txt", "rules.md"}
    assert set(documents_of(search("building", "--where", "year=2026"))) == {"rules.md"}
    assert "KEY=VALUE" in run("search", "x", "--where", "kind", status=2).output
    text = run("search", "building", "--where", "kind=pdf").stdout
    assert "Nothing found." in text


def test_readable_output(indexed: Path) -> None:
    del indexed
    text = run("search", "late returns", "-k", "1").stdout
    assert text.startswith("1. Rules of the library > ")
    assert "(rules.md)" in text
    assert "milliseconds: " in text


def test_changes_replace_and_deletions_remove(indexed: Path) -> None:
    (indexed / "rules.md").write_text(RULES.replace("ten cents", "one euro"))
    (indexed / "history.txt").unlink()
    with Library() as library, open_sink() as sink:
        report = library.sync(indexed, sink)
    assert (report.changed, report.removed) == (["rules.md"], ["history.txt"])
    hits = search("late returns cost", "-k", "5")
    assert set(documents_of(hits)) == {"rules.md"}
    assert "one euro" in str(hits[0]["text"])
    with open_index() as index:
        assert {chunk.document for chunk in index.store.scan()} == {"rules.md"}


def test_a_lost_index_is_filled_by_the_next_sync(
    indexed: Path,
    store_settings: StoreSettings,
) -> None:
    with open_index() as index:
        before = index.store.count()
        index.store.clear()
    assert search("late returns") == []
    with Library() as library, open_sink() as sink:
        library.sync(indexed, sink)
    with open_index(store_settings) as index:
        assert index.store.count() == before
    assert search("late returns")[0]["document"] == "rules.md"


def test_info_and_optimize(indexed: Path) -> None:
    del indexed
    told = run("store", "info").stdout
    assert "qdrant-edge" in told
    assert "all-MiniLM-L6-v2" in told
    assert "384 dimensions" in told
    assert "optimised" in run("store", "optimize").stdout


def test_another_configuration_needs_a_rebuild(
    indexed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del indexed
    with open_index() as index:
        before = index.store.count()
    monkeypatch.setenv("APP_SEARCH_LANGUAGE", "german")
    refused = run("search", "late", status=1)
    assert "store rebuild" in refused.output
    assert "Aborted" in run("store", "rebuild", status=1).output
    assert f"{before} chunks" in run("store", "rebuild", "--yes").stdout
    assert search("late returns")[0]["document"] == "rules.md"


def test_a_store_that_is_open_is_explained(indexed: Path) -> None:
    del indexed
    with open_index():
        assert "is open in process" in run("search", "late", status=1).output
        assert "is open in process" in run("store", "info", status=1).output


def test_the_model_is_built_by_command(embedding_dir: Path, tmp_path: Path) -> None:
    assert "is complete" in run("embeddings", "build", "--folder", str(embedding_dir)).stdout
    empty = tmp_path / "empty"
    empty.mkdir()
    arguments = ("--folder", str(tmp_path / "out"), "--source", str(empty))
    assert "is missing" in run("embeddings", "build", *arguments, status=1).output


def test_measuring_writes_the_record(
    store_settings: StoreSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del store_settings
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("docs_qa.store.measure.FILLED", 1000)
    monkeypatch.setattr("docs_qa.store.measure.QUESTIONS", 3)
    run("store", "measure", "--passages", "16")
    record = json.loads((tmp_path / "evidence" / "search.json").read_text())
    values = {value["name"]: value["value"] for value in record["values"]}
    assert values["Indexing / embedding alone"] > 0
    assert values["Search, total, p95"] > 0
    assert record["details"]["chunks"] == 1016
