"""The embedded store: one process, kills, damage, and optimising beside the searches."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from plugins.vector_store import (
    LEXICAL,
    SIGNATURE,
    OpenStore,
    make_chunk,
    make_entries,
    tiny_encoder,
)

from docs_qa.store import Store, StoreError
from docs_qa.store.backends import qdrant_edge
from docs_qa.store.backends._optimize import main as optimize_here
from docs_qa.store.backends.qdrant_edge import EdgeStore

WRITER = """
import sys
from pathlib import Path
from plugins.vector_store import LEXICAL, SIGNATURE, make_chunk, make_entries
from docs_qa.store.backends.qdrant_edge import EdgeStore

store = EdgeStore(Path(sys.argv[1]), SIGNATURE, LEXICAL)
print("open", flush=True)
for number in range(int(sys.argv[2])):
    chunks = [make_chunk(f"word{number} part {i}", f"{number}.md", "r1", i) for i in range(5)]
    store.upsert(make_entries(*chunks))
    print(number, flush=True)
sys.stdin.read()
"""


def start_writer(folder: Path, documents: int) -> subprocess.Popen[str]:
    tests = str(Path(__file__).parent.parent)
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(documents)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": tests},
    )


def said(process: subprocess.Popen[str], wanted: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == wanted:
            return
    pytest.fail(f"the process ended before it said {wanted!r}")


def opened(folder: Path) -> EdgeStore:
    return EdgeStore(folder, SIGNATURE, LEXICAL)


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    with start_writer(tmp_path / "index", 1000) as process:
        said(process, "7")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        written = max([7, *(int(line) for line in process.stdout if line.strip().isdigit())])
    store = opened(tmp_path / "index")
    try:
        assert store.count() >= 5 * (written + 1)
        for number in range(written + 1):
            hits = store.lexical(f"word{number}", 9)
            assert len(hits) == 5
            assert {hit.chunk.document for hit in hits} == {f"{number}.md"}
        store.upsert(make_entries(make_chunk("after the kill", "after.md")))
        vector = tiny_encoder().query("after the kill")
        assert store.dense(vector, 1)[0].chunk.document == "after.md"
    finally:
        store.close()


def test_a_second_process_is_told_what_to_do(tmp_path: Path) -> None:
    with start_writer(tmp_path / "index", 1) as process:
        said(process, "0")
        with pytest.raises(
            StoreError, match=rf"open in process {process.pid}\b.*PUT /v1/documents"
        ):
            opened(tmp_path / "index")
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    store = opened(tmp_path / "index")
    assert store.count() == 5
    store.close()


def test_a_second_opening_in_this_process_is_refused(open_qdrant_edge: OpenStore) -> None:
    first = open_qdrant_edge()
    with pytest.raises(StoreError, match=str(os.getpid())):
        open_qdrant_edge()
    first.close()
    assert open_qdrant_edge().count() == 0


def test_a_closed_store_says_so(edge_store: Store) -> None:
    edge_store.close()
    with pytest.raises(StoreError, match="closed"):
        edge_store.count()


def test_damage_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    opened(folder).close()
    for path in (folder / "shard" / "segments").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00")
    with pytest.raises(StoreError, match=r"cannot be opened.*documents sync"):
        opened(folder)
    (folder / "identity.json").write_text("nonsense")
    with pytest.raises(StoreError, match=r"identity\.json"):
        opened(folder)
    shutil.rmtree(folder)
    store = opened(folder)
    assert store.count() == 0
    store.close()


@pytest.mark.parametrize("state", ["copied", "moved away", "moved in"])
def test_a_kill_while_the_folders_are_exchanged(tmp_path: Path, state: str) -> None:
    folder = tmp_path / "index"
    store = opened(folder)
    store.upsert(make_entries(make_chunk("late returns")))
    store.close()
    if state == "copied":
        shutil.copytree(folder / "shard", folder / "shard.new")
    elif state == "moved away":
        shutil.copytree(folder / "shard", folder / "shard.new")
        (folder / "shard").rename(folder / "shard.old")
    else:
        shutil.copytree(folder / "shard", folder / "shard.old")
    store = opened(folder)
    assert store.count() == 1
    store.close()
    assert sorted(path.name for path in folder.iterdir()) == ["identity.json", "lock", "shard"]


def test_a_kill_while_the_shard_is_created(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    (folder / "shard.fresh" / "segments").mkdir(parents=True)
    store = opened(folder)
    assert store.count() == 0
    store.close()


def test_optimising_goes_on_in_the_background(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(qdrant_edge, "OPTIMIZE_FROM", 20)
    store = opened(tmp_path / "index")
    store.upsert(make_entries(*(make_chunk(f"passage {i}", f"{i}.md") for i in range(30))))
    background = store._background
    assert background is not None
    assert len(store.lexical("passage", 50)) == 30
    store.upsert(make_entries(make_chunk("one more", "more.md")))  # waits its turn
    background.join(60)
    assert not background.is_alive()
    assert store.count() == 31
    assert store.lexical("more", 1)[0].chunk.document == "more.md"
    store.close()


def test_closing_ends_an_optimisation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qdrant_edge, "OPTIMIZE_FROM", 1)
    monkeypatch.setattr(qdrant_edge, "_OPTIMIZER", ("-c", "import time; time.sleep(600)"))
    store = opened(tmp_path / "index")
    store.upsert(make_entries(make_chunk("a passage")))
    deadline = time.monotonic() + 60
    while store._builder is None and time.monotonic() < deadline:
        time.sleep(0.01)
    started = time.monotonic()
    store.close()
    assert time.monotonic() - started < 300
    again = opened(tmp_path / "index")
    assert again.count() == 1
    again.close()


def test_a_failing_optimisation_leaves_the_index(
    edge_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edge_store.upsert(make_entries(make_chunk("a passage")))
    monkeypatch.setattr(qdrant_edge, "_OPTIMIZER", ("-c", "raise SystemExit('no space left')"))
    with pytest.raises(StoreError, match="no space left"):
        edge_store.optimize()
    assert edge_store.count() == 1
    edge_store.upsert(make_entries(make_chunk("another", "b.md")))
    assert edge_store.count() == 2


def test_the_optimiser_runs_on_a_closed_shard(tmp_path: Path) -> None:
    store = opened(tmp_path / "index")
    store.upsert(make_entries(*(make_chunk(f"passage {i}", f"{i}.md") for i in range(30))))
    store.close()
    optimize_here(str(tmp_path / "index" / "shard"))
    store = opened(tmp_path / "index")
    assert store.count() == 30
    store.close()


def test_the_identity_is_readable(tmp_path: Path) -> None:
    store = opened(tmp_path / "index")
    recorded = json.loads((tmp_path / "index" / "identity.json").read_text())
    assert recorded == {"identity": store.identity}
    store.close()
