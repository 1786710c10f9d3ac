"""The lake takes every batch once, keeps the first row of a key, and can say who saw what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from plugins.data_ingestion import AS_OF, DAYS, PER_DAY, START, daily, make_batch, make_shop

from payments_loop.lake import (
    Batch,
    Finding,
    Lake,
    LakeError,
    Verdict,
    digest,
)
from payments_loop.problem import Problem, Table

DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BAD = Verdict((Finding("range", "quarantine", "amount", "amounts are in cents", 40, 1.0),))


@pytest.fixture
def orders(problem: Problem) -> Table:
    return problem.table("orders")


@pytest.fixture
def two_days() -> list[Batch]:
    frame, _ = make_shop(days=2)
    return list(daily("orders", frame, "time", 2))


class TestAppend:
    """What happens to the rows of a batch."""

    def test_new_rows_carry_day_time_of_knowledge_and_origin(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        done = empty_lake.append(orders, two_days[0])
        assert (done.rows, done.new, done.duplicates, done.late) == (PER_DAY, PER_DAY, 0, 0)
        rows = empty_lake.scan("orders").collect()
        assert rows["day"].unique().to_list() == [START]
        assert rows["known_at"].equals(rows["time"].alias("known_at"))
        assert rows["batch"].unique().to_list() == [two_days[0].id]
        assert rows.select(list(orders.columns)).equals(two_days[0].frame)

    def test_the_same_batch_twice_is_written_once(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        first = empty_lake.append(orders, two_days[0])
        for lake in (empty_lake, Lake(empty_lake.uri)):
            assert lake.append(orders, two_days[0]) == replace(first, repeated=True)
        assert empty_lake.version("orders") == first.version
        assert empty_lake.scan("orders").collect().height == PER_DAY

    def test_known_keys_are_left_out_and_the_first_row_stays(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        empty_lake.append(orders, two_days[0])
        half = two_days[0].frame.head(10)
        changed = half.head(3).with_columns(pl.col("amount") + 1)
        frame = pl.concat([changed, half.tail(7), two_days[1].frame, two_days[1].frame.head(1)])
        done = Lake(empty_lake.uri).append(orders, make_batch("orders", frame, START + DAY))
        assert (done.new, done.duplicates, done.changed) == (PER_DAY, 11, 3)
        rows = empty_lake.scan("orders").collect().sort("time", "order_id")
        expected = pl.concat([batch.frame for batch in two_days]).sort("time", "order_id")
        assert rows.select(expected.columns).equals(expected)

    def test_a_changed_time_does_not_hide_a_duplicate(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        empty_lake.append(orders, two_days[0])
        moved = two_days[0].frame.with_columns(pl.col("time") + DAY)
        done = empty_lake.append(orders, make_batch("orders", moved, START + DAY))
        assert (done.new, done.changed) == (0, PER_DAY)

    def test_late_rows_are_known_from_their_arrival_on(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        arrived = BEGIN + 5 * DAY
        done = empty_lake.append(orders, replace(two_days[0], arrived=arrived))
        assert done.late == PER_DAY
        assert empty_lake.scan("orders", known_by=arrived - DAY).collect().is_empty()
        known = empty_lake.scan("orders", known_by=arrived).collect()
        assert known["known_at"].unique().to_list() == [arrived]
        assert known["day"].unique().to_list() == [START]

    def test_without_a_limit_no_row_is_late(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        believed = orders.model_copy(update={"arrives_within_hours": None})
        batch = replace(two_days[0], arrived=BEGIN + 900 * DAY)
        assert empty_lake.append(believed, batch).late == 0

    def test_a_batch_without_rows_is_noted(self, empty_lake: Lake, orders: Table) -> None:
        frame, _ = make_shop(days=1)
        done = empty_lake.append(orders, make_batch("orders", frame.clear(), START))
        assert (done.new, done.rows) == (0, 0)
        assert empty_lake.scan("orders").collect().is_empty()
        assert empty_lake.ledger()["id"].to_list() == [f"orders-{START}"]

    def test_rows_of_another_schema_are_refused(self, empty_lake: Lake, orders: Table) -> None:
        frame = pl.DataFrame({"order_id": ["a"]})
        with pytest.raises(LakeError, match="conform"):
            empty_lake.append(orders, make_batch("orders", frame, START))
        assert empty_lake.tables() == []

    def test_a_new_column_is_null_in_old_rows(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        empty_lake.append(orders, two_days[0])
        column = orders.columns["rating"]
        wider = orders.model_copy(update={"columns": {**orders.columns, "discount": column}})
        frame = two_days[1].frame.with_columns(discount=pl.lit(0.5))
        both = pl.concat([frame, two_days[0].frame.head(1).with_columns(discount=pl.lit(0.5))])
        done = empty_lake.append(wider, replace(two_days[1], frame=both))
        assert (done.new, done.changed) == (PER_DAY, 1)
        for lake in (empty_lake, Lake(empty_lake.uri)):
            counted = lake.scan("orders").collect()["discount"].null_count()
            assert counted == PER_DAY

    def test_a_column_cannot_change_its_type(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        empty_lake.append(orders, two_days[0])
        text = orders.columns["channel"].model_copy(update={"values": None})
        other = orders.model_copy(update={"columns": {**orders.columns, "amount": text}})
        frame = two_days[1].frame.cast({"amount": pl.String})
        with pytest.raises(LakeError, match=r"orders\.amount is Float64 in the lake"):
            empty_lake.append(other, replace(two_days[1], frame=frame))


class TestScan:
    """What a reader sees."""

    def test_rows_from_start_up_to_before_end(self, lake: Lake) -> None:
        rows = lake.scan("orders", start=BEGIN + DAY, end=BEGIN + 3 * DAY).collect()
        assert rows.height == 2 * PER_DAY
        noon = BEGIN + DAY / 2
        before = lake.scan("orders", end=noon).collect().height
        after = lake.scan("orders", start=noon).collect().height
        assert before + after == DAYS * PER_DAY
        assert 0 < before < PER_DAY

    def test_nothing_in_a_period_without_rows(self, lake: Lake) -> None:
        empty = lake.scan("orders", start=BEGIN - 9 * DAY, end=BEGIN).collect()
        assert empty.is_empty()
        assert empty.schema == lake.scan("orders").collect_schema()

    def test_an_old_version_stays_readable(self, lake: Lake, orders: Table) -> None:
        version = lake.version("orders")
        frame, _ = make_shop(days=DAYS + 1)
        for batch in list(daily("orders", frame, "time", DAYS + 1))[-1:]:
            lake.append(orders, replace(batch, id="new"))
        assert lake.scan("orders", version=version).collect().height == DAYS * PER_DAY
        with pytest.raises(LakeError, match="no version 999"):
            lake.scan("orders", version=999)

    def test_a_table_that_was_never_written(self, empty_lake: Lake) -> None:
        with pytest.raises(LakeError, match="no table 'orders'"):
            empty_lake.scan("orders")
        assert empty_lake.ledger().is_empty()
        assert empty_lake.quarantined() == []

    def test_files_and_parts_cover_the_days(self, lake: Lake) -> None:
        files = lake.files("orders", start=START, end=START + 3 * DAY)
        parts = lake.parts("orders", start=START, end=START + 3 * DAY)
        assert [part.path for part in parts] == files
        assert [part.day for part in parts] == [START, START + DAY, START + 2 * DAY]
        assert sum(part.rows for part in parts) == 3 * PER_DAY
        assert pl.scan_parquet(files).collect().height == 3 * PER_DAY
        for part in parts:
            rows = pl.read_parquet(part.path)
            assert part.first_known is not None
            assert part.last_known is not None
            known = rows["known_at"]
            assert part.first_known <= known.min() <= known.max() <= part.last_known  # type: ignore[operator]

    def test_a_path_with_a_space(
        self, tmp_path: object, orders: Table, two_days: list[Batch]
    ) -> None:
        lake = Lake(f"{tmp_path}/my lake/ü")
        lake.append(orders, two_days[0])
        assert lake.scan("orders").collect().height == PER_DAY
        assert [part.path for part in lake.parts("orders")] == lake.files("orders")


PERIOD = {"start": BEGIN, "end": AS_OF, "known_by": AS_OF}


class TestManifest:
    """Which rows were seen."""

    def test_it_counts_what_is_visible(self, lake: Lake) -> None:
        seen = lake.manifest(["orders", "returns"], **PERIOD)
        orders = seen.tables["orders"]
        assert (orders.rows, len(orders.files)) == (DAYS * PER_DAY, DAYS)
        assert orders.first is not None
        assert BEGIN <= orders.first < BEGIN + DAY
        content = seen.json()
        assert content["sha256"] == seen.sha256
        assert content["tables"]["orders"]["first"] == orders.first.isoformat()

    def test_the_layout_of_files_does_not_matter(self, empty_lake: Lake, orders: Table) -> None:
        frame, _ = make_shop(days=3)
        whole = Lake(f"{empty_lake.uri}-whole")
        whole.append(orders, make_batch("orders", frame, START))
        for batch in reversed(list(daily("orders", frame, "time", 3))):
            empty_lake.append(orders, batch)
        several = empty_lake.manifest(["orders"], **PERIOD)
        assert several.sha256 == whole.manifest(["orders"], **PERIOD).sha256

    def test_a_row_or_a_value_makes_a_difference(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        hashes = set()
        first = two_days[0].frame
        variants = [
            first,
            first.head(PER_DAY - 1),
            first.with_columns(amount=pl.col("amount") + 0.01),
            first.with_columns(rating=pl.lit(None, pl.Float64)),
            first.with_columns(channel=pl.col("channel").reverse()),
        ]
        for number, frame in enumerate(variants):
            lake = Lake(f"{empty_lake.uri}-{number}")
            lake.append(orders, replace(two_days[0], frame=frame))
            hashes.add(lake.manifest(["orders"], **PERIOD).sha256)
        assert len(hashes) == len(variants)

    def test_what_became_known_later_is_not_seen(
        self,
        lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        before = lake.manifest(["orders"], **PERIOD)
        late = two_days[0].frame.with_columns(pl.col("order_id") + "-late")
        lake.append(orders, Batch("late", "orders", late, AS_OF + DAY, digest.of(late)))
        assert lake.manifest(["orders"], **PERIOD).sha256 == before.sha256
        later = {**PERIOD, "known_by": AS_OF + DAY}
        assert lake.manifest(["orders"], **later).rows == before.rows + PER_DAY


class TestReplace:
    """Derived tables are rewritten by day."""

    @staticmethod
    def scores(day: date, value: float) -> pl.DataFrame:
        noon = datetime.combine(day, datetime.min.time(), UTC) + DAY / 2
        return pl.DataFrame(
            {
                "row_id": ["b", "a"],
                "at": [noon, noon],
                "probability": [value, 0.25],
                "reasons": [["amount"], []],
            },
            schema_overrides={"reasons": pl.List(pl.String)},
        )

    def test_the_same_rows_make_no_version(self, empty_lake: Lake) -> None:
        first = empty_lake.replace("scores", self.scores(START, 0.5), day=START)
        again = self.scores(START, 0.5).reverse()
        assert Lake(empty_lake.uri).replace("scores", again, day=START) == first
        assert len(empty_lake.files("scores")) == 1

    def test_other_rows_replace_that_day_only(self, empty_lake: Lake) -> None:
        empty_lake.replace("scores", self.scores(START, 0.5), day=START)
        empty_lake.replace("scores", self.scores(START + DAY, 0.5), day=START + DAY)
        version = empty_lake.version("scores")
        empty_lake.replace("scores", self.scores(START, 0.75), day=START)
        rows = empty_lake.scan("scores").collect()
        assert rows.filter(pl.col("row_id") == "b")["probability"].to_list() == [0.75, 0.5]
        assert empty_lake.scan("scores", version=version).collect().height == 4
        assert empty_lake.scan("scores", start=BEGIN + DAY).collect().height == 2

    def test_no_rows_clear_the_day(self, empty_lake: Lake) -> None:
        empty_lake.replace("scores", self.scores(START, 0.5), day=START)
        empty_lake.replace("scores", self.scores(START, 0.5).clear(), day=START)
        assert empty_lake.scan("scores").collect().is_empty()

    def test_a_new_column_is_added(self, empty_lake: Lake) -> None:
        empty_lake.replace("scores", self.scores(START, 0.5), day=START)
        wider = self.scores(START + DAY, 0.5).with_columns(role=pl.lit("champion"))
        empty_lake.replace("scores", wider, day=START + DAY)
        empty_lake.replace("scores", wider, day=START + DAY)
        assert empty_lake.scan("scores").collect()["role"].null_count() == 2

    def test_it_has_a_manifest_and_cannot_say_when_rows_were_known(self, empty_lake: Lake) -> None:
        empty_lake.replace("scores", self.scores(START, 0.5), day=START)
        with pytest.raises(LakeError, match="does not say when"):
            empty_lake.manifest(["scores"], start=BEGIN, end=AS_OF, known_by=AS_OF)
        known = self.scores(START, 0.5).with_columns(known_at=pl.col("at"))
        empty_lake.replace("known", known, day=START)
        seen = empty_lake.manifest(["known"], start=BEGIN, end=AS_OF, known_by=AS_OF)
        assert seen.rows == 2


class TestQuarantine:
    """Batches that were put aside."""

    def test_it_never_reaches_a_reader(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        empty_lake.append(orders, two_days[0])
        before = empty_lake.manifest(["orders"], start=BEGIN, end=AS_OF, known_by=AS_OF)
        for _ in range(2):
            empty_lake.quarantine(two_days[1], BAD, table=orders)
        after = empty_lake.manifest(["orders"], start=BEGIN, end=AS_OF, known_by=AS_OF)
        assert after == before
        assert empty_lake.tables() == ["orders"]
        (one,) = Lake(empty_lake.uri).quarantined()
        assert (one.id, one.rows, one.state, one.verdict) == (
            two_days[1].id,
            PER_DAY,
            "quarantined",
            BAD,
        )
        assert empty_lake.quarantined_rows(one.id).equals(two_days[1].frame)
        line = empty_lake.ledger().row(by_predicate=pl.col("id") == one.id, named=True)
        assert (line["state"], line["new"], line["version"]) == ("quarantined", 0, None)
        assert line["reasons"] == ["range: amount: amounts are in cents"]

    def test_a_release_is_known_from_then_on(
        self,
        empty_lake: Lake,
        orders: Table,
        two_days: list[Batch],
    ) -> None:
        empty_lake.quarantine(two_days[0], BAD, table=orders)
        decided = BEGIN + 9 * DAY
        done = empty_lake.release(two_days[0].id, at=decided)
        assert (done.new, done.late, done.repeated) == (PER_DAY, PER_DAY, False)
        assert empty_lake.scan("orders", known_by=decided - DAY).collect().is_empty()
        assert empty_lake.release(two_days[0].id, at=decided + DAY).repeated
        assert empty_lake.quarantined()[0].state == "released"
        assert empty_lake.ledger()["state"].to_list() == ["released"]

    def test_rows_that_do_not_fit_cannot_be_released(self, empty_lake: Lake, orders: Table) -> None:
        frame = pl.DataFrame({"order_id": ["a"], "colour": [1]})
        empty_lake.quarantine(Batch("odd", "orders", frame, AS_OF, "0" * 64), BAD, table=orders)
        with pytest.raises(LakeError, match="time: the column is missing"):
            empty_lake.release("odd", at=AS_OF)
        findings = (Finding("unreadable", "quarantine", None, "cut off"),)
        empty = Batch("cut", "orders", pl.DataFrame(), AS_OF, "1" * 64, findings)
        empty_lake.quarantine(empty, Verdict(findings), table=orders)
        with pytest.raises(LakeError, match="cut off"):
            empty_lake.release("cut", at=AS_OF)
        with pytest.raises(LakeError, match="no batch 'nothing'"):
            empty_lake.release("nothing", at=AS_OF)
        assert [one.id for one in empty_lake.quarantined()] == ["cut", "odd"]


def test_the_ledger_has_a_line_per_batch_in_order(lake: Lake) -> None:
    ledger = lake.ledger()
    assert ledger.height == 2 * DAYS
    assert ledger["arrived"].is_sorted()
    assert ledger["new"].sum() == sum(
        lake.scan(name).select(pl.len()).collect().item() for name in ("orders", "returns")
    )
    for line in ledger.rows(named=True):
        seen = lake.scan(line["table"], version=line["version"]).filter(
            pl.col("batch") == line["id"]
        )
        assert seen.collect().height == line["new"]
        if line["arrived"] > BEGIN + 5 * DAY:
            break
    assert ledger.equals(Lake(lake.uri).ledger())
