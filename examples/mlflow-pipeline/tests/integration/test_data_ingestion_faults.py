"""Processes are killed, and several work at once: nothing is lost, half there, or there twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import CommitProperties, DeltaTable
from plugins.data_ingestion import PER_DAY, daily, make_shop

from payments_loop.lake import Finding, Lake, Verdict
from payments_loop.lake.delta import Write
from payments_loop.problem import Problem, Table
from payments_loop.problem.load import read_problem

DAYS = 12
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 3, 1, tzinfo=UTC)
BAD = Verdict((Finding("range", "quarantine", "amount", "too much"),))


def put(folder: str, uri: str, what: str) -> None:
    """Append or quarantine twelve days of orders, and say so before each one."""
    table = read_problem(Path(folder)).tables["orders"]
    lake = Lake(uri)
    orders, _ = make_shop(days=DAYS)
    for batch in daily("orders", orders, "time", DAYS):
        sys.stdout.write("next\n")
        sys.stdout.flush()
        if what == "append":
            lake.append(table, batch)
        else:
            lake.quarantine(batch, BAD, table=table)


def worker(problem: Problem, lake: Lake, what: str) -> subprocess.Popen[str]:
    tests = Path(__file__).parents[1]
    return subprocess.Popen(
        [sys.executable, __file__, str(problem.folder), lake.uri, what],
        env=os.environ | {"PYTHONPATH": str(tests), "POLARS_MAX_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_after(process: subprocess.Popen[str], steps: int) -> None:
    """Kill a worker as soon as it has begun the given step."""
    assert process.stdout is not None
    with process.stdout as lines:
        for _ in range(steps):
            lines.readline()
        process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def finished(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=120)
    assert process.returncode == 0


@pytest.fixture
def expected(problem: Problem, tmp_path: Path) -> str:
    """Content hash of the orders after an undisturbed run."""
    lake = Lake(str(tmp_path / "undisturbed"))
    orders, _ = make_shop(days=DAYS)
    for batch in daily("orders", orders, "time", DAYS):
        lake.append(problem.tables["orders"], batch)
    return content(lake)


def content(lake: Lake) -> str:
    return lake.manifest(["orders"], start=BEGIN, end=END, known_by=END).sha256


def test_a_killed_append_is_there_or_not_and_is_repeated(
    problem: Problem,
    empty_lake: Lake,
    expected: str,
) -> None:
    for steps in (2, 8):
        killed_after(worker(problem, empty_lake, "append"), steps)
        if empty_lake.tables():
            rows = empty_lake.scan("orders").collect()
            per_batch = rows.group_by("batch").len()["len"].unique().to_list()
            assert per_batch in ([], [PER_DAY])
            assert empty_lake.ledger()["new"].sum() == rows.height
    finished(worker(problem, empty_lake, "append"))
    assert content(Lake(empty_lake.uri)) == expected
    assert empty_lake.ledger().height == DAYS


def test_a_data_file_that_was_never_committed_is_not_seen(
    problem: Problem,
    empty_lake: Lake,
    expected: str,
) -> None:
    """What a kill between writing the rows and the commit leaves behind."""
    orders, _ = make_shop(days=DAYS)
    for batch in daily("orders", orders, "time", DAYS):
        empty_lake.append(problem.tables["orders"], batch)
    path = Path(empty_lake.files("orders")[0])
    (path.parent / f"part-00000-orphan{path.suffix}").write_bytes(path.read_bytes())
    log = path.parents[1] / "_delta_log"
    (log / "_commit_00000000-0000-0000-0000-000000000000.json.tmp").write_text('{"commit')
    lake = Lake(empty_lake.uri)
    assert content(lake) == expected
    assert lake.append(problem.tables["orders"], batch).repeated


def test_a_killed_quarantine_is_there_or_not_and_is_repeated(
    problem: Problem,
    empty_lake: Lake,
) -> None:
    killed_after(worker(problem, empty_lake, "quarantine"), 4)
    for one in empty_lake.quarantined():
        assert empty_lake.quarantined_rows(one.id).height == PER_DAY
    finished(worker(problem, empty_lake, "quarantine"))
    lake = Lake(empty_lake.uri)
    assert len(lake.quarantined()) == DAYS
    assert lake.tables() == []
    assert lake.ledger()["state"].unique().to_list() == ["quarantined"]


def test_two_processes_at_once_take_every_row_once(
    problem: Problem,
    empty_lake: Lake,
    expected: str,
) -> None:
    both = [worker(problem, empty_lake, "append") for _ in range(2)]
    for process in both:
        finished(process)
    assert content(empty_lake) == expected
    assert empty_lake.ledger().height == DAYS


def test_a_batch_that_was_prepared_too_early_is_prepared_again(
    problem: Problem,
    empty_lake: Lake,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between finding what is new and the commit, somebody else takes the same rows."""
    table = problem.tables["orders"]
    orders, _ = make_shop(days=1)
    batch = next(daily("orders", orders, "time"))
    empty_lake.append(table, replace(batch, id="empty", frame=orders.clear()))
    attempts: list[int] = []
    write = empty_lake._tables._write

    def interrupted(stored: DeltaTable, prepared: Write, properties: CommitProperties) -> None:
        attempts.append(prepared.frame.height)
        if len(attempts) == 1:
            Lake(empty_lake.uri).append(table, replace(batch, id="other", frame=orders.head(5)))
        write(stored, prepared, properties)

    monkeypatch.setattr(empty_lake._tables, "_write", interrupted)
    done = empty_lake.append(table, batch)
    assert attempts == [PER_DAY, PER_DAY - 5]
    assert (done.new, done.duplicates, done.changed) == (PER_DAY - 5, 5, 0)
    assert content(empty_lake) == content_of(orders, table, Path(f"{empty_lake.uri}-once"))


def content_of(orders: pl.DataFrame, table: Table, folder: Path) -> str:
    lake = Lake(str(folder))
    lake.append(table, next(daily("orders", orders, "time")))
    return content(lake)


if __name__ == "__main__":
    put(*sys.argv[1:])
