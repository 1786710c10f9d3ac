"""Files are taken once each, whatever happens to them in the inbox."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from plugins.data_ingestion import AS_OF, PER_DAY, START, make_shop

from payments_loop.lake import Lake, SourceError, ingest
from payments_loop.lake.sources.files import Files, Options
from payments_loop.problem import Problem, ProblemError

pytestmark = pytest.mark.usefixtures("no_checks")
WRITTEN = datetime(2026, 1, 2, 0, 10, tzinfo=UTC)


class Inbox:
    """The folder that the problem's tables are read from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("orders", "returns"):
            (root / "inbox" / name).mkdir(parents=True)
        self.orders, _ = make_shop(days=2)

    def put(self, name: str, content: bytes | pl.DataFrame, written: datetime = WRITTEN) -> Path:
        path = self.root / "inbox" / "orders" / name
        data = content if isinstance(content, bytes) else content.write_csv().encode()
        path.write_bytes(data)
        os.utime(path, (written.timestamp(), written.timestamp()))
        return path


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def states(problem: Problem, lake: Lake, as_of: datetime = AS_OF) -> list[tuple[str, int]]:
    return [
        (one.state, one.appended.new if one.appended else 0)
        for one in ingest(problem, lake, as_of, say=None)
    ]


def test_a_file_is_taken_once(problem: Problem, empty_lake: Lake, inbox: Inbox) -> None:
    inbox.put("a.csv", inbox.orders.head(PER_DAY))
    assert states(problem, empty_lake) == [("taken", PER_DAY)]
    assert states(problem, Lake(empty_lake.uri)) == []


def test_a_touched_file_is_known_and_a_copy_has_nothing_new(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
) -> None:
    path = inbox.put("a.csv", inbox.orders)
    states(problem, empty_lake)
    later = (WRITTEN + timedelta(hours=1)).timestamp()
    os.utime(path, (later, later))
    assert states(problem, empty_lake) == []
    inbox.put("copy.csv", inbox.orders)
    assert states(problem, empty_lake) == [("taken", 0)]


def test_what_arrives_later_waits(problem: Problem, empty_lake: Lake, inbox: Inbox) -> None:
    inbox.put("a.csv", inbox.orders)
    assert states(problem, empty_lake, WRITTEN - timedelta(seconds=1)) == []
    assert states(problem, empty_lake, WRITTEN) == [("taken", 2 * PER_DAY)]


def test_an_old_file_that_appears_late_is_not_missed(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
) -> None:
    inbox.put("b.csv", inbox.orders.tail(PER_DAY), WRITTEN + timedelta(days=1))
    states(problem, empty_lake)
    inbox.put("a.csv", inbox.orders.head(PER_DAY), WRITTEN)
    assert states(problem, empty_lake) == [("taken", PER_DAY)]


def test_a_file_that_changed_is_read_again_and_known_rows_stay(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
) -> None:
    inbox.put("a.csv", inbox.orders.head(PER_DAY))
    states(problem, empty_lake)
    changed = inbox.orders.with_columns(
        amount=pl.when(pl.col("order_id") == "o000000").then(999.0).otherwise("amount")
    )
    inbox.put("a.csv", changed, WRITTEN + timedelta(hours=1))
    (one,) = ingest(problem, empty_lake, AS_OF, say=None)
    assert one.appended is not None
    assert (one.appended.new, one.appended.duplicates, one.appended.changed) == (
        PER_DAY,
        PER_DAY,
        1,
    )
    assert one.verdict.severity == "warn"
    assert empty_lake.scan("orders").filter(pl.col("amount") == 999).collect().is_empty()


def test_a_half_written_file_waits_or_is_put_aside_until_it_is_whole(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
) -> None:
    whole = inbox.orders.write_csv().encode()
    inbox.put("a.csv", whole[: len(whole) // 2], datetime.now(UTC))
    inbox.put("b.csv.part", whole[:100])
    inbox.put(".c.csv", whole[:100])
    assert states(problem, empty_lake, datetime.now(UTC) + timedelta(hours=1)) == []
    # The writer died in the middle of a number that is a number all the same.
    inbox.put("a.csv", whole[: whole.rindex(b".") + 3])
    assert states(problem, empty_lake) == [("quarantined", 0)]
    assert "may be cut off" in empty_lake.quarantined()[0].verdict.reasons[0]
    inbox.put("a.csv", whole, WRITTEN + timedelta(hours=1))
    assert states(problem, empty_lake) == [("taken", 2 * PER_DAY)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("cut.parquet.csv", b"PAR1 and then nothing"),
        ("binary.csv", bytes(range(256)) * 9),
        ("page.csv", b"<html><body>502 Bad Gateway</body></html>"),
    ],
)
def test_garbage_is_put_aside_with_a_reason(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
    name: str,
    content: bytes,
) -> None:
    inbox.put(name, content)
    inbox.put("good.csv", inbox.orders)
    assert sorted(states(problem, empty_lake)) == [("quarantined", 0), ("taken", 2 * PER_DAY)]
    (aside,) = empty_lake.quarantined()
    assert aside.verdict.reasons
    assert states(problem, empty_lake) == []


def test_a_header_without_rows_is_a_batch_without_rows(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
) -> None:
    inbox.put("none.csv", inbox.orders.clear())
    assert states(problem, empty_lake) == [("taken", 0)]


def test_a_folder_that_is_not_there_is_no_empty_folder(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
) -> None:
    inbox.put("a.csv", inbox.orders)
    (inbox.root / "inbox" / "returns").rmdir()
    with pytest.raises(SourceError, match=r"returns: .*does not exist"):
        ingest(problem, empty_lake, AS_OF, say=None)
    # The other table was taken.
    assert empty_lake.scan("orders").collect().height == 2 * PER_DAY


def source(problem: Problem, **options: Any) -> Problem:
    """The problem with other options for the source of its orders."""
    table = problem.tables["orders"]
    changed = table.model_copy(update={"source": {"kind": "files"} | options})
    return problem.model_copy(update={"tables": {"orders": changed}})


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_formats_give_the_same_rows(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
    ending: str,
) -> None:
    path = inbox.root / f"orders.{ending}"
    frame = inbox.orders
    if ending == "parquet":
        frame.write_parquet(path)
    else:
        path.write_text(frame.write_csv() if ending == "csv" else frame.write_ndjson())
    one = source(problem, path=f"orders.{ending}", settle_seconds=0)
    assert states(one, empty_lake, datetime.now(UTC)) == [("taken", 2 * PER_DAY)]
    rows = empty_lake.scan("orders").select(frame.columns).collect()
    assert rows.sort("order_id").equals(frame.sort("order_id"))


def test_a_last_line_without_end_can_be_allowed(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
) -> None:
    (inbox.root / "orders.csv").write_bytes(inbox.orders.write_csv().encode().rstrip())
    one = source(problem, path="orders.csv", unended=True, settle_seconds=0)
    assert states(one, empty_lake, datetime.now(UTC)) == [("taken", 2 * PER_DAY)]


def test_a_foreign_csv(problem: Problem, empty_lake: Lake, inbox: Inbox) -> None:
    foreign = inbox.orders.rename({"order_id": "No", "time": "When"}).with_columns(
        pl.col("When").dt.convert_time_zone("Europe/Berlin").dt.replace_time_zone(None)
    )
    path = inbox.root / "foreign.txt"
    path.write_bytes(foreign.write_csv(separator=";", null_value="n/a").encode())
    one = source(
        problem,
        path="foreign.txt",
        format="csv",
        separator=";",
        null_values=["n/a"],
        timezone="Europe/Berlin",
        rename={"No": "order_id", "When": "time"},
        settle_seconds=0,
    )
    assert states(one, empty_lake, datetime.now(UTC)) == [("taken", 2 * PER_DAY)]
    rows = empty_lake.scan("orders").select(inbox.orders.columns).collect()
    assert rows.sort("order_id").equals(inbox.orders.sort("order_id"))


def test_a_long_history_is_played_back_day_by_day(
    problem: Problem,
    empty_lake: Lake,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = inbox.root / "history.parquet"
    inbox.orders.write_parquet(path)
    monkeypatch.setenv("HISTORY", str(path))
    history = source(problem, path="env:HISTORY", arrived="daily")
    midnight = datetime.combine(START, datetime.min.time(), UTC) + timedelta(days=1)
    assert states(history, empty_lake, midnight) == [("taken", PER_DAY)]
    assert states(history, empty_lake, midnight + timedelta(hours=23)) == []
    assert states(history, empty_lake) == [("taken", PER_DAY)]
    assert empty_lake.ledger()["late"].sum() == 0
    assert empty_lake.files("orders", start=date(2026, 1, 2))


def test_a_file_that_changes_while_it_is_read_waits(
    problem: Problem,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = inbox.put("a.csv", inbox.orders)
    read = Path.read_bytes

    def growing(self: Path) -> bytes:
        content = read(self)
        self.write_bytes(content + b"more")
        return content

    monkeypatch.setattr(Path, "read_bytes", growing)
    files = Files(inbox.root, Options(path="inbox/orders/*.csv"))
    table = problem.tables["orders"]
    assert list(files.batches(table, after=None, until=AS_OF, known={})) == []
    assert path.stat().st_mtime > time.time() - 600


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "pigeon"}, "tables.orders.source.kind: 'pigeon' is none of files"),
        ({"path": "x", "colour": 1}, "tables.orders.source.colour: unknown option"),
        ({}, "tables.orders.source.path: Field required"),
    ],
)
def test_wrong_options_are_named(
    problem: Problem,
    empty_lake: Lake,
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(ProblemError, match=r"problem\.toml") as caught:
        ingest(source(problem, **options), empty_lake, AS_OF, say=None)
    assert message in str(caught.value)


def test_a_single_file_must_exist(problem: Problem, empty_lake: Lake) -> None:
    with pytest.raises(SourceError, match=r"nothing\.csv does not exist"):
        ingest(source(problem, path="nothing.csv"), empty_lake, AS_OF, say=None)
