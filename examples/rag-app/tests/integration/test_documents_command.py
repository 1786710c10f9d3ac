"""`docs-qa documents` as a user runs it."""

from __future__ import annotations

import io
import json
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from plugins.documents import MemorySink, make_pdf

from docs_qa.cli import main
from docs_qa.documents import (
    Library,
    Progress,
    Settings,
    Sink,
    SinkError,
)
from docs_qa.documents.locks import hold
from docs_qa.documents.sinks import open_sink
from docs_qa.documents.terminal import Meter, size

SINKS = "docs_qa.documents.sinks"
REDRAW = "docs_qa.documents.terminal._REDRAW_SECONDS"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with documents, as the working directory; chunks go to files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f"{SINKS}.__path__", [])
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "rules.md").write_text("# Rules\n\n## Fees\n\nTen cents.\n")
    (folder / "hours.pdf").write_bytes(make_pdf(["We open at nine."]))
    (folder / "empty.txt").write_text("")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["documents", *arguments])


def test_sync_writes_json_lines_and_reports(project: Path) -> None:
    result = run("sync", "documents/")
    assert result.exit_code == 0, result.output
    assert "2 added, 0 changed, 0 unchanged, 0 removed, 1 skipped; 2 chunks in" in result.stdout
    assert "skipped empty.txt: the file is empty [empty]" in result.stdout
    assert "0/3 documents" in result.stderr
    lines = [
        json.loads(line)
        for path in sorted((project / "data" / "chunks").iterdir())
        for line in path.read_text().splitlines()
    ]
    assert [(one["document"], one["section"], one["page"], one["text"]) for one in lines] == [
        ("hours.pdf", "", 1, "We open at nine."),
        ("rules.md", "Fees", None, "Ten cents."),
    ]
    strict = run("sync", "--strict")
    assert strict.exit_code == 1
    assert "2 unchanged" in strict.stdout


def test_sync_as_json(project: Path) -> None:
    report = json.loads(run("sync", "--json").stdout)
    assert report["added"] == ["hours.pdf", "rules.md"]
    assert report["skipped"] == [["empty.txt", "empty", "the file is empty"]]
    (project / "documents" / "empty.txt").unlink()
    report = json.loads(run("sync", "--json", "--strict").stdout)
    assert (report["removed"], report["skipped"]) == (["empty.txt"], [])


def test_list_show_remove(project: Path) -> None:
    run("sync")
    listed = run("list").stdout
    assert "indexed  pdf            1 chunks     1 pages" in listed
    assert "the file is empty [empty]" in listed
    entries = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert [entry["id"] for entry in entries] == ["empty.txt", "hours.pdf", "rules.md"]
    assert json.loads(run("show", "rules.md").stdout)["title"] == "Rules"
    assert run("show", "none.md").exit_code == 1
    assert run("remove", "rules.md").stdout == "removed rules.md\n"
    assert run("remove", "rules.md").exit_code == 1
    assert len(list((project / "data" / "chunks").iterdir())) == 1


def test_add(project: Path) -> None:
    (project / "note.txt").write_text("A note.")
    assert "1 added" in run("add", "note.txt").stdout
    result = run("add", "documents/empty.txt", "note.txt", "http://127.0.0.1/x", "none.txt")
    assert result.exit_code == 1
    assert "documents/empty.txt: the file is empty [empty]" in result.stderr
    assert "http://127.0.0.1/x: 127.0.0.1 is not on the public internet" in result.stderr
    assert "1 unchanged" in result.stdout
    assert "none.txt: No such file" in result.stderr


def test_chunks_of_a_file() -> None:
    (chunk,) = map(json.loads, run("chunks", "documents/rules.md").stdout.splitlines())
    assert (chunk["section"], chunk["text"]) == ("Fees", "Ten cents.")
    assert "[empty]" in run("chunks", "documents/empty.txt").stderr


def test_what_is_wrong_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = project / "config"
    config.mkdir()
    (config / "documents.toml").write_text("[chunks]\ntarget = 999\n")
    result = run("list")
    assert result.exit_code == 2
    assert "must not exceed chunks.ceiling" in result.stderr
    (config / "documents.toml").write_text('folder = "nowhere"\n')
    missing = run("sync")
    assert missing.exit_code == 1
    assert "nowhere: there is no such folder; create it" in missing.stderr
    monkeypatch.setenv("APP_DOCUMENTS_FOLDER", "documents")
    assert run("sync").exit_code == 0
    for file in (project / "documents").iterdir():
        file.unlink()
    assert "--allow-empty" in run("sync").stderr
    assert "3 removed" in run("sync", "--allow-empty").stdout


def test_a_second_sync_is_told() -> None:
    with Library(settings=Settings()) as library, hold(library._catalogue.engine, "sync", 0):
        result = run("sync")
    assert result.exit_code == 1
    assert "another sync of this library is running" in result.stderr


def test_measure(project: Path) -> None:
    result = run("measure", "--runs", "1")
    assert result.exit_code == 0, result.output
    record = json.loads((project / "evidence" / "ingestion.json").read_text())
    values = {value["name"]: value["value"] for value in record["values"]}
    assert values["Documents"] == 2
    assert values["Documents that cannot be read"] == 1
    assert values["Chunks"] == 2
    assert values["Speed, pdf"] > 0
    assert values["Speed, markdown"] > 0
    assert len(record["data_sha256"]) == 64
    for file in (project / "documents").iterdir():
        file.unlink()
    assert "nothing to measure" in run("measure").stdout
    (project / "documents").rmdir()
    assert "nothing to measure" in run("measure").stdout


def test_sinks_are_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = project / "found"
    package.mkdir()
    monkeypatch.setattr(f"{SINKS}.__path__", [str(package)])
    (package / "one.py").write_text(
        "from contextlib import nullcontext\n"
        "from plugins.documents import MemorySink\n"
        "def open_sink(): return nullcontext(MemorySink())\n"
    )
    with open_sink(Settings()) as sink:
        assert isinstance(sink, MemorySink)
    (package / "two.py").write_text("")
    with pytest.raises(RuntimeError, match="one, two"):
        open_sink(Settings())


def test_what_a_sink_cannot_do_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Settings) -> AbstractContextManager[Sink]:
        raise SinkError("the index is in use")

    monkeypatch.setattr(f"{SINKS}.open_sink", broken)
    result = run("sync")
    assert (result.exit_code, result.stderr) == (1, "Error: the index is in use\n")


class Terminal(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def test_progress_on_a_terminal_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REDRAW, 0)
    stream = Terminal()
    meter = Meter(stream)
    meter(Progress(0, 2, 0, 2000, ""))
    meter(Progress(1, 2, 1000, 2000, "a" * 99))
    meter.end()
    assert "\n" not in stream.getvalue()
    assert "[############............] 1/2 documents, 1.0 kB of 2.0 kB ..." in stream.getvalue()
    assert stream.getvalue().endswith("\r")


def test_progress_elsewhere_is_a_line_now_and_then() -> None:
    stream = io.StringIO()
    meter = Meter(stream)
    for done in range(100):
        meter(Progress(done, 100, done, 100, "a"))
    meter.end()
    assert stream.getvalue() == "0/100 documents, 0 B of 100 B\n"


def test_sizes() -> None:
    assert [size(n) for n in (999, 1000, 2.5e6, 3e9)] == ["999 B", "1.0 kB", "2.5 MB", "3.0 GB"]
