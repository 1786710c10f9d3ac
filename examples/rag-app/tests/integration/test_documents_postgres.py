"""The library in a real PostgreSQL, as several instances of a service share it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from plugins.documents import MemorySink, parse_here

from docs_qa.documents import Library, Settings
from docs_qa.documents.library import (
    LibraryBusyError,
    LibraryError,
)
from docs_qa.documents.locks import hold
from docs_qa.documents.tables import META


@pytest.fixture
def instances(postgres: str, documents_settings: Settings) -> Iterator[tuple[Library, Library]]:
    """Two libraries on one empty database."""
    url = postgres.replace("postgresql://", "postgresql+psycopg://", 1)
    with (
        Library(url, documents_settings) as first,
        Library(url, documents_settings) as second,
    ):
        yield parse_here(first), parse_here(second)
        META.drop_all(first._catalogue.engine)


def test_instances_share_one_library(
    instances: tuple[Library, Library], documents_settings: Settings, memory_sink: MemorySink
) -> None:
    first, second = instances
    folder = documents_settings.folder
    (folder / "a.md").write_text("# A\n\nAlpha.")
    (folder / "b.md").write_text("Beta.")
    (folder / "empty.md").write_text("")
    report = first.sync(folder, memory_sink)
    assert (report.added, len(report.skipped)) == (["a.md", "b.md"], 1)
    assert second.put("u.md", b"Upload.", memory_sink).added == ["u.md"]
    (folder / "a.md").unlink()
    (folder / "b.md").write_text("Beta is changed.")
    changed = second.sync(folder, memory_sink)
    assert (changed.removed, changed.changed) == (["a.md"], ["b.md"])
    assert first.active() == second.active() == memory_sink.revisions()
    assert set(first.sync(folder, memory_sink, rebuild=True).changed) == {"b.md", "u.md"}


def test_instances_take_turns(
    instances: tuple[Library, Library], documents_settings: Settings, memory_sink: MemorySink
) -> None:
    first, second = instances
    with hold(first._catalogue.engine, "sync", 0):
        with pytest.raises(LibraryBusyError):
            second.sync(documents_settings.folder, memory_sink)
        waiting = threading.Thread(
            target=second.sync, args=(documents_settings.folder, memory_sink), kwargs={"wait": 30}
        )
        waiting.start()
    waiting.join()
    assert second.sync(documents_settings.folder, memory_sink).skipped == []


def test_a_server_that_does_not_answer_is_named_without_its_password(
    documents_settings: Settings,
) -> None:
    pytest.importorskip("psycopg")
    url = "postgresql+psycopg://reader:secret@127.0.0.1:1/library"  # pragma: allowlist secret
    with pytest.raises(LibraryError, match=r"127\.0\.0\.1:1/library: cannot be opened") as caught:
        Library(url, documents_settings)
    assert "secret" not in str(caught.value)
