"""The parsing processes, for real: what happens to them must not happen to anything else."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from plugins.documents import make_docx, make_pdf

from docs_qa.documents import (
    Failure,
    Parser,
    Settings,
    frames,
    parse,
    worker,
)
from docs_qa.documents.formats import Options
from docs_qa.documents.parser import unpack
from docs_qa.documents.settings import Limits

PER_PROCESS = "docs_qa.documents.parser._DOCUMENTS_PER_PROCESS"


def settings(**limits: Any) -> Settings:
    return Settings(limits=Limits(**limits))


def test_every_kind_comes_through() -> None:
    given = {
        "a.pdf": make_pdf(["Words of a page."], outline=[(1, "Part", 1)]),
        "a.docx": make_docx(("Heading 1", "Part"), ("Normal", "Words.")),
        "a.md": b"# Part\n\nWords.\n",
        "a.html": b"<html><h1>Part</h1><p>Words.</p></html>",
        "a.txt": "Part\n====\n\nWords \u00fcber \U0001f4da.\n".encode(),
    }
    with Parser() as parser:
        for name, data in given.items():
            document = parser.parse(data, name)
            first, second = document.blocks
            assert document.text[first.start : first.end] == "Part", name
            assert document.text[second.start : second.end].startswith("Words"), name
        assert len(parser._idle) == 1  # one process did it all


def test_a_failure_is_told_and_the_process_goes_on() -> None:
    with Parser() as parser:
        with pytest.raises(Failure) as failure:
            parser.parse(b"\x89PNG....", "a.png")
        assert failure.value.reason == "unsupported"
        process = parser._idle[0]
        assert parser.parse(b"Words.", "a.txt").text == "Words."
        assert parser._idle == [process]


def test_a_document_may_take_no_longer_than_the_limit() -> None:
    with Parser(settings(seconds=0.001)) as parser:
        with pytest.raises(Failure, match=r"limits\.seconds") as failure:
            parser.parse(b"Words.", "a.txt")
        assert failure.value.reason == "timeout"
        assert parser._idle == []


def test_processor_time_is_bounded() -> None:
    # Nested emphasis takes markdown readers much longer than its length suggests.
    hostile = b"*a **a " * 400_000
    with Parser(settings(cpu_seconds=1, seconds=300)) as parser:
        with pytest.raises(Failure, match=r"limits\.cpu_seconds") as failure:
            parser.parse(hostile, "a.md")
        assert failure.value.reason == "timeout"


def test_memory_is_bounded() -> None:
    with Parser(settings(memory_mib=300)) as parser:
        with pytest.raises(Failure) as failure:
            parser.parse(b"word \xff\n\n" * 5_000_000, "a.txt")
        assert failure.value.reason == "memory"
        assert parser.parse(b"Words.", "a.txt").text == "Words."


@pytest.mark.parametrize("code", [signal.SIGKILL, signal.SIGSEGV])
def test_a_crash_is_a_failure_of_that_document_only(code: signal.Signals) -> None:
    with Parser() as parser:
        parser.parse(b"Words.", "a.txt")
        process = parser._idle[0]._process
        process.send_signal(signal.SIGSTOP)  # it will not have answered when it is killed
        killer = threading.Timer(0.2, process.send_signal, [code])
        killer.start()
        if code is signal.SIGSEGV:
            threading.Timer(0.3, process.send_signal, [signal.SIGCONT]).start()
        with pytest.raises(Failure, match=code.name) as failure:
            parser.parse(b"Words.", "a.txt")
        assert failure.value.reason == "crashed"
        assert parser.parse(b"Words.", "a.txt").text == "Words."


def test_no_process_is_left() -> None:
    parser = Parser()
    parser.parse(b"Words.", "a.txt")
    process = parser._idle[0]._process
    parser.close()
    assert process.returncode is not None


def test_processes_do_not_see_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_API_KEYS", "secret")
    with Parser() as parser:
        parser.parse(b"Words.", "a.txt")
        seen = Path(f"/proc/{parser._idle[0]._process.pid}/environ")
        if not seen.exists():
            pytest.skip("this system does not show the environment of a process")
        assert b"secret" not in seen.read_bytes()


def test_processes_cannot_write_files(tmp_path: Path) -> None:
    target = tmp_path / "written"
    code = (
        "from docs_qa.documents import worker\n"
        "from docs_qa.documents.settings import Limits\n"
        "worker.restrict(Limits())\n"
        f"with open({str(target)!r}, 'wb') as file: file.write(b'x')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert target.stat().st_size == 0


def test_parse_reads_files_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"# Title")
    assert parse(path).title == "Title"
    assert parse(b"Words", "some-notes.txt").title == "some notes"
    with pytest.raises(Failure, match="max_bytes"):
        parse(b"Words", "a.txt", settings(max_bytes=2))


def test_the_worker_answers_until_its_input_ends() -> None:
    requests, answers = io.BytesIO(), io.BytesIO()
    for name, data in (("a.md", b"# Title\n\nText"), ("b.md", b"")):
        frames.send(requests, {"name": name}, data)
    requests.seek(0)
    before = resource.getrlimit(resource.RLIMIT_CPU)
    try:
        worker.serve(requests, answers, Options())
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, before)
    answers.seek(0)
    first, _ = frames.receive(answers, 10_000)
    assert unpack(first["document"]).title == "Title"
    second, _ = frames.receive(answers, 10_000)
    assert second["reason"] == "empty"


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        (MemoryError(), "memory", "limits.memory_mib"),
        (RecursionError(), "broken", "nested"),
        (KeyError("/Root\u202e\n"), "broken", "KeyError: '/Root"),
    ],
)
def test_errors_of_parsers_become_failures(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str, words: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("docs_qa.documents.formats.read", fail)
    answer = worker.answer(b"", "a.pdf", Options())
    assert answer["reason"] == reason
    assert words in answer["problem"]
    assert answer["problem"].isprintable()


@pytest.mark.parametrize(
    "packed",
    [
        {},
        {"blocks": [["paragraph", 0, 9, 0, 0]], "text": "short"},
        {"blocks": [["paragraph", 3, 4, 0, 0], ["paragraph", 0, 2, 0, 0]], "text": "short"},
        {"blocks": [[1, 2]]},
        {"blocks": [], "unknown": 1},
    ],
)
def test_nonsense_of_a_process_is_refused(packed: dict[str, Any]) -> None:
    document = json.loads(json.dumps(worker.pack(parse(b"Text", "a.txt"))))
    with pytest.raises(Failure) as failure:
        unpack(document | packed if packed else {})
    assert failure.value.reason == "crashed"


def test_frames_refuse_what_is_too_long_or_cut_off() -> None:
    stream = io.BytesIO()
    frames.send(stream, {"name": "a"}, b"12345")
    sent = stream.getvalue()
    with pytest.raises(ValueError, match="10 are allowed"):
        frames.receive(io.BytesIO(sent), 10)
    with pytest.raises(EOFError):
        frames.receive(io.BytesIO(sent[:-1]), 100)
    assert frames.receive(io.BytesIO(sent), 100) == ({"name": "a"}, b"12345")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes to limit here")
def test_workers_are_replaced_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PER_PROCESS, 1)
    with Parser() as parser:
        parser.parse(b"Words.", "a.txt")
        assert parser._idle == []
