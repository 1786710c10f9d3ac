"""Features of a period: what they are, when they are computed again, what is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypedDict

import polars as pl
import pytest
from plugins.data_ingestion import AS_OF, make_batch

from my_project.features import FeatureError, build, examples
from my_project.features.engines.duckdb import DuckDB
from my_project.lake import Batch, Lake
from my_project.problem import Problem
from my_project.problem.schema import Which

DAY = timedelta(days=1)
Shop = tuple[pl.DataFrame, pl.DataFrame]


class Counting(DuckDB):
    """The engine, and the days that it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.days: list[tuple[date, int]] = []

    def run(
        self,
        problem: Problem,
        lake: Lake,
        which: Which,
        *,
        start: datetime,
        end: datetime,
        as_of: datetime,
    ) -> pl.DataFrame:
        self.days.append((start.date(), (end - start).days))
        return super().run(problem, lake, which, start=start, end=end, as_of=as_of)


class Period(TypedDict):
    """Arguments of `build`."""

    start: datetime
    end: datetime
    as_of: datetime


def at(period: Period, as_of: datetime) -> Period:
    """The same period, seen at another time."""
    return {"start": period["start"], "end": period["end"], "as_of": as_of}


def known_returns(shop: Shop, row: dict[str, object]) -> int:
    """Count by hand what `features.sql` counts."""
    at = row["at"]
    assert isinstance(at, datetime)
    known = (pl.col("returned_at") < at) & (pl.col("returned_at") >= at - 30 * DAY)
    return shop[1].filter(known, pl.col("customer_id") == row["customer_id"]).height


def test_the_frame_is_what_the_problem_describes(
    problem: Problem, lake: Lake, as_of: datetime, shop: Shop
) -> None:
    frame = build(problem, lake, start=as_of - 7 * DAY, end=as_of, as_of=as_of)
    assert frame.columns == ["row_id", "at", "customer_id", *problem.features]
    assert frame.schema["at"] == pl.Datetime("us", "UTC")
    assert frame.height == 7 * 40
    assert frame.equals(frame.sort("at", "row_id"))
    assert frame["rating"].null_count() > 0
    by_hand = [known_returns(shop, row) for row in frame.to_dicts()]
    assert frame["customer_returns_30d"].to_list() == by_hand
    assert sum(by_hand) > 50


def test_the_period_need_not_be_whole_days(problem: Problem, lake: Lake, as_of: datetime) -> None:
    day = build(problem, lake, start=as_of - DAY, end=as_of, as_of=as_of)
    start, end = as_of - timedelta(hours=18), as_of - timedelta(hours=6)
    part = build(problem, lake, start=start, end=end, as_of=as_of)
    assert part.equals(day.filter((pl.col("at") >= start) & (pl.col("at") < end)))
    assert 0 < part.height < day.height


def test_decisions_after_as_of_do_not_exist(problem: Problem, lake: Lake, as_of: datetime) -> None:
    noon = as_of - timedelta(hours=12)
    frame = build(problem, lake, start=as_of - DAY, end=as_of, as_of=noon)
    assert 0 < frame.height < 40
    assert frame["at"].max() <= noon  # type: ignore[operator]
    later = build(problem, lake, start=as_of, end=as_of + DAY, as_of=noon)
    assert later.schema == frame.schema
    assert later.is_empty()


def test_days_are_computed_once_alone_or_together(
    problem: Problem, lake: Lake, as_of: datetime
) -> None:
    engine = Counting()
    alone = build(problem, lake, start=as_of - DAY, end=as_of, as_of=as_of, engine=engine)
    week = build(problem, lake, start=as_of - 7 * DAY, end=as_of, as_of=as_of, engine=engine)
    again = build(problem, lake, start=as_of - 7 * DAY, end=as_of, as_of=as_of, engine=engine)
    assert engine.days == [((as_of - DAY).date(), 1), ((as_of - 7 * DAY).date(), 6)]
    assert again.equals(week)
    assert week.filter(pl.col("at") >= as_of - DAY).equals(alone)
    kept = list(Path(lake.uri).parent.rglob("cache/**/*.arrow"))
    assert len(kept) == 7
    for path in kept:
        path.unlink()
    assert build(problem, lake, start=as_of - 7 * DAY, end=as_of, as_of=as_of).equals(week)


def test_examples_are_the_same_in_parts(
    problem: Problem, lake: Lake, as_of: datetime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    period: Period = {"start": as_of - 60 * DAY, "end": as_of, "as_of": as_of}
    whole = examples(problem, lake, **period)
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config/features.toml").write_text("chunk_rows = 100")
    monkeypatch.chdir(tmp_path)
    engine = Counting()
    parts = examples(problem, lake, engine=engine, **period)
    assert len(engine.days) > 3
    assert len(whole) > 300
    assert parts.frame.equals(whole.frame)
    assert parts.manifest == whole.manifest
    assert parts.dataset.X.tobytes() == whole.dataset.X.tobytes()


def test_a_later_day_leaves_the_earlier_ones_alone(
    problem: Problem, lake: Lake, as_of: datetime, shop: Shop
) -> None:
    engine = Counting()
    build(problem, lake, start=as_of - 5 * DAY, end=as_of, as_of=as_of, engine=engine)
    engine.days.clear()
    lake.append(problem.tables["orders"], next_day(shop, as_of))
    new = as_of + DAY
    build(problem, lake, start=as_of - 5 * DAY, end=new, as_of=new, engine=engine)
    assert engine.days == [(as_of.date(), 1)]


def test_a_late_row_changes_only_what_came_after_it(
    problem: Problem, lake: Lake, as_of: datetime, shop: Shop
) -> None:
    """An order of ten days ago arrives now: its own day is new, the days between are not."""
    engine = Counting()
    period: Period = {"start": as_of - 12 * DAY, "end": as_of, "as_of": as_of}
    before = build(problem, lake, engine=engine, **period)
    engine.days.clear()
    late = shop[0].filter(pl.col("time").dt.date() == (as_of - 10 * DAY).date()).head(1)
    late = late.with_columns(order_id=pl.lit("late"))
    lake.append(problem.tables["orders"], make_batch("orders", late, as_of.date(), suffix="-late"))
    arrived = as_of + DAY
    early = build(problem, lake, engine=engine, **period)
    assert early.equals(before)
    engine.days.clear()
    after = build(problem, lake, engine=engine, **at(period, arrived))
    assert engine.days == [((as_of - 10 * DAY).date(), 1)]
    assert after.filter(pl.col("row_id") != "late").equals(before)
    assert after.height == before.height + 1


def test_other_sql_is_another_result(problem: Problem, lake: Lake, as_of: datetime) -> None:
    period: Period = {"start": as_of - DAY, "end": as_of, "as_of": as_of}
    before = build(problem, lake, **period)
    path = problem.folder / "features.sql"
    path.write_text(path.read_text().replace("o.amount * 100", "o.amount * 200"))
    after = build(problem, lake, **period)
    name = "customer_mean_amount_30d"
    assert after[name].equals(before[name] * 2)


def test_examples_have_only_labels_that_are_known(
    problem: Problem, lake: Lake, as_of: datetime, shop: Shop
) -> None:
    found = examples(problem, lake, start=as_of - 60 * DAY, end=as_of, as_of=as_of)
    data = found.dataset
    assert found.frame["at"].max() <= as_of - 10 * DAY  # type: ignore[operator]
    assert len(found) == len(data) == data.X.shape[0] == 50 * 40
    truth = dict(shop[0].select("order_id", "true_probability").iter_rows())
    assert data.truth is not None
    assert data.truth.tolist() == [truth[row] for row in found.row_ids]
    assert data.amount.tolist() == found.frame["amount"].to_list()
    delay = {row["order_id"]: row["returned_at"] for row in shop[1].to_dicts()}
    rows = zip(found.row_ids, found.frame["at"], strict=True)
    expected = [row in delay and delay[row] <= at + 10 * DAY for row, at in rows]
    assert data.y.tolist() == expected
    assert any(
        row in delay and not known for row, known in zip(found.row_ids, expected, strict=True)
    )


def test_the_manifest_says_what_was_seen(problem: Problem, lake: Lake, as_of: datetime) -> None:
    period: Period = {"start": as_of - 20 * DAY, "end": as_of, "as_of": as_of}
    first, again = (examples(problem, lake, **period).manifest for _ in range(2))
    assert first.sha256 == again.sha256
    earlier = examples(problem, lake, **at(period, as_of - DAY)).manifest
    assert earlier.sha256 != first.sha256
    assert json.loads(json.dumps(first.json()))


def test_nothing_is_known_yet(problem: Problem, lake: Lake, as_of: datetime) -> None:
    found = examples(problem, lake, start=as_of - DAY, end=as_of, as_of=as_of)
    assert len(found) == 0
    assert found.dataset.X.shape == (0, 6)


def test_an_empty_lake_says_what_to_do(problem: Problem, empty_lake: Lake, as_of: datetime) -> None:
    with pytest.raises(FeatureError, match="run `my-project ingest`"):
        build(problem, empty_lake, start=as_of - DAY, end=as_of, as_of=as_of)


def test_a_table_without_rows_is_empty(
    problem: Problem, empty_lake: Lake, as_of: datetime, shop: Shop
) -> None:
    empty_lake.append(problem.tables["orders"], next_day(shop, as_of))
    new = as_of + DAY
    frame = build(problem, empty_lake, start=as_of, end=new, as_of=new)
    assert frame.height == 40
    assert frame["customer_returns_30d"].sum() == 0


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("features", ("COALESCE(r", "COALESC(r"), r"shop/features.sql: .*(?i:coalesc)"),
        ("features", ("AS customer_orders_7d", "AS other"), "gives no column 'customer_orders_7d'"),
        ("features", ("LEFT JOIN bought", "JOIN bought"), "rows for 40 decisions"),
        ("features", ("    s.row_id,\n    COALESCE", "    'x' AS row_id,\n    COALESCE"), "twice"),
        ("spine", ("o.amount, ", ""), "spine.sql gives no column 'amount'"),
        ("labels", ("THEN 0 ELSE 1", "THEN 0 ELSE 2"), "neither 0 nor 1"),
    ],
)
def test_sql_that_does_not_keep_to_the_problem_is_explained(
    problem: Problem,
    lake: Lake,
    file: str,
    change: tuple[str, str],
    words: str,
) -> None:
    path = problem.folder / f"{file}.sql"
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change))
    start, as_of = AS_OF - 59 * DAY, AS_OF  # customers without history
    with pytest.raises(FeatureError, match=words):
        examples(problem, lake, start=start, end=start + DAY, as_of=as_of)


def next_day(shop: Shop, as_of: datetime) -> Batch:
    """A day of orders like the first, on the day that begins at `as_of`."""
    day = shop[0].head(40)
    moved = day.with_columns(
        order_id="next" + pl.col("order_id"),
        time=pl.col("time") + (as_of - datetime(2026, 1, 1, tzinfo=UTC)),
    )
    return make_batch("orders", moved, as_of.date())
