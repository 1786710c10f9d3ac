"""The library over a real folder, a real database and real parsing processes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from plugins.documents import MemorySink, make_pdf, parse_here

from docs_qa.documents import (
    Chunk,
    Failure,
    Library,
    Progress,
    Settings,
)
from docs_qa.documents.library import (
    LibraryBusyError,
    LibraryError,
)
from docs_qa.documents.locks import hold
from docs_qa.documents.tables import FACTS


@pytest.fixture
def folder(documents_settings: Settings) -> Path:
    """A folder with three documents, and what is to be ignored."""
    folder = documents_settings.folder
    (folder / "sub").mkdir()
    (folder / "a.md").write_text("# A\n\nAlpha is first.\n")
    (folder / "sub" / "b.txt").write_text("Beta is second.")
    (folder / "c.pdf").write_bytes(make_pdf(["Gamma is third."]))
    (folder / ".hidden.md").write_text("Hidden.")
    (folder / "~$open.docx").write_text("Owner.")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("Hidden, too.")
    return folder


def test_added_changed_unchanged_removed(
    documents_library: Library, memory_sink: MemorySink, folder: Path
) -> None:
    library = documents_library
    report = library.sync(folder, memory_sink)
    assert report.added == ["a.md", "c.pdf", "sub/b.txt"]
    assert (report.chunks, report.skipped) == (3, [])
    assert library.active() == memory_sink.revisions()
    first = dict(library.active())

    again = library.sync(folder, memory_sink)
    assert (again.unchanged, again.chunks, memory_sink.added) == (report.added, 0, 3)

    (folder / "a.md").write_text("# A\n\nAlpha is changed.\n")
    (folder / "c.pdf").unlink()
    (folder / "d.html").write_text("<html><p>Delta.</p></html>")
    changed = library.sync(folder, memory_sink)
    assert (changed.added, changed.changed, changed.removed, changed.unchanged) == (
        ["d.html"],
        ["a.md"],
        ["c.pdf"],
        ["sub/b.txt"],
    )
    assert library.active() == memory_sink.revisions()
    assert library.active()["a.md"] != first["a.md"]
    assert memory_sink.texts("a.md") == ["Alpha is changed."]
    assert memory_sink.texts("c.pdf") == []


def test_entries_tell_everything(
    documents_library: Library, memory_sink: MemorySink, folder: Path
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    documents_library.sync(folder, memory_sink)
    entries = {entry.id: entry for entry in documents_library.documents()}
    assert list(entries) == sorted(entries)
    pdf = entries["c.pdf"]
    assert (pdf.kind, pdf.pages, pdf.chunks, pdf.source, pdf.status) == (
        "pdf",
        1,
        1,
        "folder",
        "indexed",
    )
    assert pdf.bytes == (folder / "c.pdf").stat().st_size
    assert pdf.indexed.endswith("+00:00")
    broken = entries["broken.pdf"]
    assert (broken.status, broken.reason, broken.revision, broken.chunks) == (
        "failed",
        "broken",
        None,
        0,
    )
    assert "broken.pdf" not in documents_library.active()
    assert documents_library.document("none") is None


def test_a_failure_skips_one_document_and_keeps_its_earlier_revision(
    documents_library: Library, memory_sink: MemorySink, folder: Path
) -> None:
    library = documents_library
    library.sync(folder, memory_sink)
    before = dict(library.active())
    good = (folder / "c.pdf").read_bytes()
    locked = make_pdf(["Gamma."], password="secret")  # pragma: allowlist secret
    (folder / "c.pdf").write_bytes(locked)
    report = library.sync(folder, memory_sink)
    assert [(one.document, one.reason) for one in report.skipped] == [("c.pdf", "encrypted")]
    assert library.active() == before
    entry = library.document("c.pdf")
    assert entry is not None
    assert (entry.status, entry.revision) == ("failed", before["c.pdf"])
    # Known to fail: reported again, not tried again
    library._parser.parse = None  # type: ignore[method-assign, assignment]
    assert library.sync(folder, memory_sink).skipped == report.skipped
    parse_here(library)
    (folder / "c.pdf").write_bytes(good)
    assert library.sync(folder, memory_sink).skipped == []
    recovered = library.document("c.pdf")
    assert recovered is not None
    assert recovered.status == "indexed"


def test_failures_are_tried_again_when_asked_or_when_limits_change(
    documents_settings: Settings, memory_sink: MemorySink, folder: Path
) -> None:
    strict = documents_settings.model_copy(
        update={"limits": documents_settings.limits.model_copy(update={"max_bytes": 30})}
    )
    with Library(settings=strict) as library:
        parse_here(library)
        assert {one.reason for one in library.sync(folder, memory_sink).skipped} == {"too-large"}
    with Library(settings=documents_settings) as library:
        parse_here(library)
        assert library.sync(folder, memory_sink).skipped == []
        (folder / "empty.md").write_text("")
        assert len(library.sync(folder, memory_sink).skipped) == 1
        assert len(library.sync(folder, memory_sink, retry=True).skipped) == 1


HOSTILE = {
    "empty.md": (b"", "empty"),
    "binary.md": (bytes(range(256)) * 8, "binary"),
    "image.png": (b"\x89PNG\r\n\x1a\n....", "unsupported"),
    "scan.pdf": (make_pdf([""]), "no-text"),
    "locked.pdf": (make_pdf(["x"], password="secret"), "encrypted"),  # pragma: allowlist secret
    "broken.docx": (b"PK\x03\x04....", "broken"),
}


def test_hostile_files_are_skipped(
    documents_settings: Settings, memory_sink: MemorySink, folder: Path
) -> None:
    for name, (content, _) in HOSTILE.items():
        (folder / name).write_bytes(content)
    with Library(settings=documents_settings) as library:  # in real parsing processes
        report = library.sync(folder, memory_sink)
        assert len(report.added) == len(library.active()) == 3
    assert {one.document: one.reason for one in report.skipped} == {
        name: reason for name, (_, reason) in HOSTILE.items()
    }


def test_odd_entries_of_a_folder(
    documents_library: Library, memory_sink: MemorySink, folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("Not for you.")
    (folder / "out.md").symlink_to(outside)
    (folder / "in.md").symlink_to(folder / "a.md")
    (folder / "dangling.md").symlink_to(folder / "nowhere")
    (folder / "bell\x07.md").write_text("Ding.")
    report = documents_library.sync(folder, memory_sink)
    assert {(one.document, one.reason) for one in report.skipped} == {
        ("out.md", "link"),
        ("dangling.md", "unreadable"),
        ("bell\x07.md", "name"),
    }
    assert "in.md" in report.added
    # Their texts are the same
    assert report.repeated == 2


def test_notes_and_duplicates_are_reported(
    documents_library: Library, memory_sink: MemorySink, folder: Path
) -> None:
    (folder / "odd.md").write_text(
        "# X\n\nHid\u200bden.\n\n# Y\n\nHidden.\n\n# Z\n\nAlpha is first.\n"
    )
    report = documents_library.sync(folder, memory_sink)
    assert report.notes == [("odd.md", "suspicious: 1 zero-width")]
    assert (report.duplicates, report.repeated) == (1, 2)


def test_progress(documents_library: Library, memory_sink: MemorySink, folder: Path) -> None:
    seen: list[Progress] = []
    documents_library.sync(folder, memory_sink, progress=seen.append)
    size = sum((folder / name).stat().st_size for name in ("a.md", "c.pdf", "sub/b.txt"))
    assert [one.done for one in seen] == [0, 1, 2, 3]
    assert {one.total for one in seen} == {3}
    assert (seen[-1].bytes_done, seen[-1].bytes_total) == (size, size)


def test_an_empty_folder_is_taken_for_a_lost_one(
    documents_library: Library, memory_sink: MemorySink, folder: Path, tmp_path: Path
) -> None:
    library = documents_library
    library.sync(folder, memory_sink)
    empty = tmp_path / "empty"
    with pytest.raises(LibraryError, match="no such folder"):
        library.sync(empty, memory_sink)
    empty.mkdir()
    with pytest.raises(LibraryError, match="--allow-empty"):
        library.sync(empty, memory_sink)
    assert len(library.active()) == 3
    assert len(library.sync(empty, memory_sink, allow_empty=True).removed) == 3
    assert (library.active(), memory_sink.kept) == ({}, {})


def test_uploads(
    documents_library: Library,
    documents_settings: Settings,
    memory_sink: MemorySink,
    folder: Path,
) -> None:
    library = documents_library
    assert library.put("u.md", b"Upload one.", memory_sink).added == ["u.md"]
    assert library.put("u.md", b"Upload one.", memory_sink).unchanged == ["u.md"]
    assert library.put("u.md", b"Upload two.", memory_sink).changed == ["u.md"]
    assert memory_sink.texts("u.md") == ["Upload two."]
    with pytest.raises(Failure, match="empty"):
        library.put("u.md", b"", memory_sink)
    assert memory_sink.texts("u.md") == ["Upload two."]
    # A synchronisation leaves uploads alone, unless what is made of them has changed.
    assert "u.md" not in library.sync(folder, memory_sink).removed
    smaller = documents_settings.chunks.model_copy(update={"target": 99})
    changed = documents_settings.model_copy(update={"chunks": smaller})
    with Library(settings=changed) as other:
        parse_here(other)
        assert "u.md" in other.sync(folder, memory_sink).changed
        assert other.active() == memory_sink.revisions()
    library.remove("u.md", memory_sink)
    assert memory_sink.texts("u.md") == []
    with pytest.raises(KeyError):
        library.remove("u.md", memory_sink)


@pytest.mark.parametrize(
    "name", ["", " ", "/etc/passwd", "../a.md", "a//b", "a\\b", "a\nb", "x\u202e.md", "y" * 2000]
)
def test_names_of_uploads(documents_library: Library, memory_sink: MemorySink, name: str) -> None:
    with pytest.raises(Failure) as failure:
        documents_library.put(name, b"Text.", memory_sink)
    assert failure.value.reason == "name"


def test_a_name_belongs_to_one_source(
    documents_library: Library, memory_sink: MemorySink, folder: Path
) -> None:
    library = documents_library
    library.put("a.md", b"Upload.", memory_sink)
    report = library.sync(folder, memory_sink)
    assert [(one.document, one.reason) for one in report.skipped] == [("a.md", "name-taken")]
    assert memory_sink.texts("a.md") == ["Upload."]
    with pytest.raises(Failure) as failure:
        library.put("c.pdf", b"Upload.", memory_sink)
    assert failure.value.reason == "name-taken"


def test_another_index_gets_everything(
    documents_library: Library, memory_sink: MemorySink, folder: Path
) -> None:
    documents_library.put("u.md", b"Upload.", memory_sink)
    documents_library.sync(folder, memory_sink)
    other = MemorySink()
    other.identity = "another embedding model"
    report = documents_library.sync(folder, other)
    assert len(report.changed) == 4
    assert documents_library.active() == other.revisions()


def test_a_lost_index_is_rebuilt(
    documents_library: Library, memory_sink: MemorySink, folder: Path
) -> None:
    documents_library.put("u.md", b"Upload.", memory_sink)
    documents_library.sync(folder, memory_sink)
    memory_sink.kept.clear()
    assert len(documents_library.sync(folder, memory_sink, rebuild=True).changed) == 4
    assert documents_library.active() == memory_sink.revisions()


def test_the_counter_of_the_sink_is_obeyed(documents_library: Library, folder: Path) -> None:
    class Counting(MemorySink):
        identity = "counting"

        def counter(self, text: str) -> int:
            return len(text)

    (folder / "long.md").write_text("A sentence of some length. " * 40)
    sink = Counting()
    documents_library.sync(folder, sink)
    assert max(map(len, sink.texts("long.md"))) <= documents_library.settings.chunks.ceiling


class BlockedSink(MemorySink):
    """Waits in `add` until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go = threading.Event(), threading.Event()

    def add(self, chunks: Sequence[Chunk]) -> None:
        self.entered.set()
        assert self.go.wait(30)
        super().add(chunks)


def test_two_synchronisations_at_once(
    documents_library: Library, documents_settings: Settings, folder: Path
) -> None:
    sink = BlockedSink()
    running = threading.Thread(target=documents_library.sync, args=(folder, sink))
    running.start()
    assert sink.entered.wait(30)
    with Library(settings=documents_settings) as other:
        parse_here(other)
        with pytest.raises(LibraryBusyError, match="try again"):
            other.sync(folder, sink)
        # Readers are not kept waiting, and see nothing of the change yet.
        assert other.active() == {}
        sink.go.set()
        assert other.sync(folder, sink, wait=30).unchanged == ["a.md", "c.pdf", "sub/b.txt"]
    running.join()
    assert documents_library.active() == sink.revisions()


def test_an_upload_during_a_synchronisation_waits_and_survives(
    documents_library: Library, documents_settings: Settings, folder: Path
) -> None:
    sink = BlockedSink()
    running = threading.Thread(target=documents_library.sync, args=(folder, sink))
    running.start()
    assert sink.entered.wait(30)
    with Library(settings=documents_settings) as other:
        parse_here(other)
        upload = threading.Thread(target=other.put, args=("u.md", b"Upload.", sink))
        upload.start()
        sink.go.set()
        upload.join()
        running.join()
        assert len(other.active()) == 4
        assert other.active() == sink.revisions()


def test_what_a_failing_sink_leaves_is_repaired(
    documents_library: Library,
    memory_sink: MemorySink,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def half(chunks: Sequence[Chunk]) -> None:
        MemorySink.add(memory_sink, chunks[:1])
        raise OSError("disk full")

    monkeypatch.setattr(memory_sink, "add", half)
    with pytest.raises(OSError, match="disk full"):
        documents_library.sync(folder, memory_sink)
    assert (documents_library.active(), len(memory_sink.kept)) == ({}, 1)
    monkeypatch.undo()
    (folder / "a.md").unlink()  # what was half added is not there any more
    documents_library.sync(folder, memory_sink)
    assert documents_library.active() == memory_sink.revisions()
    assert "a.md" not in memory_sink.revisions()


def test_active_is_cached_until_something_changes(
    documents_library: Library, documents_settings: Settings, memory_sink: MemorySink, folder: Path
) -> None:
    documents_library.sync(folder, memory_sink)
    first = documents_library.active()
    assert documents_library.active() is first
    with Library(settings=documents_settings) as other:
        parse_here(other)
        other.put("u.md", b"Upload.", memory_sink)
    assert "u.md" in documents_library.active()


def test_other_databases_and_formats_are_refused(
    documents_library: Library, documents_settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(LibraryError, match="cannot be opened: unable to open database file"):
        Library(f"sqlite:///{tmp_path}", documents_settings)
    for url in ("sqlite://", "sqlite:///:memory:", "mysql://host/db"):
        with pytest.raises(LibraryError, match="SQLite file or a PostgreSQL"):
            Library(url, documents_settings)
    with documents_library._catalogue.engine.begin() as connection:
        connection.execute(FACTS.update().where(FACTS.c.name == "format").values(value=0))
    with pytest.raises(LibraryError, match="format 0"):
        Library(settings=documents_settings)


def test_many_may_open_a_new_library_at_once(documents_settings: Settings) -> None:
    def opened(_: int) -> int:
        with Library(settings=documents_settings) as library:
            return len(library.documents())

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(opened, range(8))) == [0] * 8


def test_locks_end_with_their_holder(documents_library: Library) -> None:
    engine = documents_library._catalogue.engine
    with hold(engine, "write", 0):
        with pytest.raises(LibraryBusyError), hold(engine, "write", 0.1):
            pass
        with hold(engine, "sync", 0):
            pass
    with hold(engine, "write", 0):
        pass
