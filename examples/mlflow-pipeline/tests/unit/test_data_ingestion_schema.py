"""Rows are brought to the schema without loss, or it is said what would be lost."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from payments_loop.lake import conform, schema
from payments_loop.problem import Column, Table


def table(**columns: Column) -> Table:
    return Table(
        name="things",
        key=("id",),
        event_time="time",
        source={"kind": "files"},
        columns={
            "id": Column(type="string"),
            "time": Column(type="datetime"),
            **columns,
        },
    )


def in_zone(zone: str) -> Table:
    plain = table()
    return plain.model_copy(update={"source": {"kind": "files", "timezone": zone}})


def one(time: object, **values: object) -> pl.DataFrame:
    return pl.DataFrame({"id": ["a"], "time": [time], **{k: [v] for k, v in values.items()}})


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01 12:00:00",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T12:00:00.000000+00:00",
        " 2026-03-01T12:00:00 ",
    ],
)
def test_times_are_read_in_any_usual_form(text: str) -> None:
    frame, verdict = conform(one(text), table())
    assert verdict.severity == "pass"
    assert frame["time"].to_list() == [NOON]


def test_a_date_is_the_start_of_its_day() -> None:
    for value in ("2026-03-01", date(2026, 3, 1)):
        frame, _ = conform(one(value), table())
        assert frame["time"][0] == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_clock_on_the_wall_is_read_in_its_zone() -> None:
    berlin = in_zone("Europe/Berlin")
    for value in ("2026-07-01T14:00:00", datetime(2026, 7, 1, 14)):  # noqa: DTZ001 (that is tested)
        frame, verdict = conform(one(value), berlin)
        assert frame["time"][0] == datetime(2026, 7, 1, 12, tzinfo=UTC)
        assert verdict.severity == "pass"


def test_a_stated_zone_wins_over_the_one_of_the_source() -> None:
    frame, _ = conform(one("2026-03-01T12:00:00Z"), in_zone("Asia/Tokyo"))
    assert frame["time"][0] == NOON


def test_an_hour_that_happens_twice_is_a_warning() -> None:
    frame, verdict = conform(one("2026-10-25T02:30:00"), in_zone("Europe/Berlin"))
    assert frame["time"][0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert verdict.severity == "warn"
    assert "occur twice" in verdict.reasons[0]


def test_an_hour_that_never_happens_is_refused() -> None:
    frame = one("2026-03-29T02:30:00")
    same, verdict = conform(frame, in_zone("Europe/Berlin"))
    assert verdict.severity == "quarantine"
    assert same.equals(frame)


@pytest.mark.parametrize(
    ("value", "column", "wanted"),
    [
        ("7", "integer", 7),
        (7.0, "integer", 7),
        ("7.5", "float", 7.5),
        (7, "float", 7.0),
        ("yes", "boolean", True),
        ("F", "boolean", False),
        ("2026-03-01", "date", date(2026, 3, 1)),
        (None, "float", None),
    ],
)
def test_values_are_converted_without_loss(value: object, column: str, wanted: object) -> None:
    wide = table(x=Column.model_validate({"type": column, "nullable": True}))
    frame, verdict = conform(one(NOON, x=value), wide)
    assert verdict.severity == "pass"
    assert frame["x"].to_list() == [wanted]
    assert frame.schema == schema.of(wide)


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("7.5", "integer"),
        (8.5, "integer"),
        (float("inf"), "integer"),
        ("1,234.5", "float"),
        ("maybe", "boolean"),
        ("01.03.2026", "date"),
        (True, "float"),
        (7, "string"),
        (date(2026, 3, 1), "string"),
        (1.5, "datetime"),
        ([1], "string"),
    ],
)
def test_what_would_be_lost_is_a_finding(value: object, column: str) -> None:
    wide = table(x=Column.model_validate({"type": column, "nullable": True}))
    frame = one(NOON, x=value)
    same, verdict = conform(frame, wide)
    assert verdict.severity == "quarantine"
    assert verdict.findings[0].column == "x"
    assert same is frame


def test_a_missing_column_matters_unless_it_may_be_null() -> None:
    wide = table(x=Column(type="float", nullable=True), y=Column(type="float"))
    _, verdict = conform(one(NOON), wide)
    assert [finding.column for finding in verdict.findings] == ["y"]
    frame, verdict = conform(one(NOON, y=1.0), wide)
    assert frame["x"].to_list() == [None]
    assert verdict.severity == "pass"


def test_columns_that_nobody_knows_are_left_out_with_a_warning() -> None:
    frame, verdict = conform(one(NOON, extra=1), table())
    assert frame.columns == ["id", "time"]
    assert verdict.severity == "warn"


def test_rows_without_key_or_time_cannot_be_placed() -> None:
    for column in ("id", "time"):
        frame = one(NOON).with_columns(pl.lit(None).alias(column))
        _, verdict = conform(frame, table())
        assert verdict.severity == "quarantine"
        assert "cannot place them" in verdict.reasons[0]


def test_columns_are_renamed_as_the_source_says() -> None:
    source = {"kind": "files", "rename": {"No": "id", "When": "time"}}
    renamed = table().model_copy(update={"source": source})
    frame, verdict = conform(pl.DataFrame({"No": ["a"], "When": [NOON]}), renamed)
    assert verdict.severity == "pass"
    assert frame.columns == ["id", "time"]


def test_no_rows_are_fine_and_nothing_at_all_is_not() -> None:
    frame, verdict = conform(pl.DataFrame({"id": [], "time": []}), table())
    assert (frame.height, verdict.severity) == (0, "pass")
    assert frame.schema == schema.of(table())
    _, verdict = conform(pl.DataFrame(), table())
    assert verdict.severity == "quarantine"
