"""SIGKILL at every step of a change; whatever is left, the next synchronisation repairs."""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from plugins.documents import parse_here

from docs_qa.documents import Chunk, Library, Settings, sinks
from docs_qa.documents.catalogue import Catalogue
from docs_qa.documents.files_sink import FilesSink

ENOUGH_STEPS = 40
PROGRAM = ("-m", "docs_qa")


class Killer:
    """Kills its process before the n-th step."""

    def __init__(self, stop: int) -> None:
        self.left = stop

    def step(self) -> None:
        """Count down."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., None]) -> Callable[..., None]:
        """Make a step before and after a call."""

        def called(*arguments: Any, **options: Any) -> None:
            self.step()
            call(*arguments, **options)
            self.step()

        return called


class KillerSink(FilesSink):
    """May kill its process between its calls, and in the middle of an `add`."""

    def __init__(self, folder: Path, killer: Killer) -> None:
        super().__init__(folder)
        self.killer = killer

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Add half of the chunks, then all."""
        self.killer.step()
        super().add(chunks[: len(chunks) // 2])
        self.killer.step()
        super().add(chunks)

    def remove(self, document: str, *, keep: str | None = None) -> None:
        """Remove."""
        self.killer.step()
        super().remove(document, keep=keep)


def sync_and_be_killed(folder: Path, data: Path, stop: int) -> int:
    """Synchronise in a child process that kills itself; return its exit status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            killer = Killer(stop)
            for name in ("unsettle", "activate", "settle", "drop", "fail"):
                setattr(Catalogue, name, killer.around(getattr(Catalogue, name)))
            with opened(folder, data) as library:
                library.sync(folder, KillerSink(data / "chunks", killer))
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def opened(folder: Path, data: Path) -> Iterator[Library]:
    with Library(settings=Settings(folder=folder, data_dir=data, workers=1)) as library:
        yield parse_here(library)


def kept(data: Path) -> dict[str, str]:
    """Document to revision of what is in the sink; fails on two revisions of one document."""
    found: dict[str, str] = {}
    for path in (data / "chunks").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            chunk = json.loads(line)
            assert found.setdefault(chunk["document"], chunk["revision"]) == chunk["revision"]
    return found


def before_the_change(folder: Path, data: Path) -> None:
    folder.mkdir()
    (folder / "stays.md").write_text("It stays.")
    (folder / "changes.md").write_text("It was so. " * 100)
    (folder / "goes.md").write_text("It goes.")
    with opened(folder, data) as library:
        library.sync(folder, FilesSink(data / "chunks"))
    (folder / "changes.md").write_text("It is otherwise. " * 100)
    (folder / "goes.md").unlink()
    (folder / "new.md").write_text("It is new.")
    (folder / "broken.md").write_text("")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_every_step_is_repaired(tmp_path: Path) -> None:
    for stop in range(1, ENOUGH_STEPS):
        folder, data = tmp_path / f"documents-{stop}", tmp_path / f"data-{stop}"
        before_the_change(folder, data)
        status = sync_and_be_killed(folder, data, stop)
        with opened(folder, data) as library:
            # Whatever is active can be answered from, at once and completely.
            for document, revision in library.active().items():
                files = (data / "chunks").glob(f"*.{revision}.jsonl")
                chunks = [line for path in files for line in path.read_text().splitlines()]
                entry = library.document(document)
                assert entry is not None
                assert len(chunks) == entry.chunks, f"step {stop}: {document}"
            library.sync(folder, FilesSink(data / "chunks"))
            assert set(library.active()) == {"stays.md", "changes.md", "new.md"}, f"step {stop}"
            assert kept(data) == library.active(), f"step {stop}"
            assert library._catalogue.unsettled() == []
        if status == 0:
            break
        assert status == -signal.SIGKILL
    else:
        pytest.fail("the change did not end; raise ENOUGH_STEPS")
    assert stop > 10  # it was killed at least ten times


@pytest.mark.skipif(
    bool(list(pkgutil.iter_modules(sinks.__path__))),
    reason="chunks go into an index here; the kill at every step is independent of that",
)
def test_the_command_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    folder, data = tmp_path / "documents", tmp_path / "data"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number:03}.md").write_text(f"# Number {number}\n\nText of {number}.\n" * 20)
    environment = {**os.environ, "APP_DATA_DIR": str(data)}
    command = [sys.executable, *PROGRAM, "documents", "sync", str(folder)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not list(data.glob("chunks/*.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    settings = Settings(folder=folder, data_dir=data)
    with Library(settings=settings) as library:
        done = len(library.active())
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert f"{done} unchanged" in finished.stdout
    assert f"{200 - done} added" in finished.stdout
    with Library(settings=settings) as library:
        assert kept(data) == library.active()
