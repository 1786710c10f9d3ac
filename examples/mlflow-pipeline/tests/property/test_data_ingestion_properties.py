"""However rows arrive, the lake holds each key once, and the hash tells content only."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from payments_loop.lake import Batch, Lake, conform, digest, schema
from payments_loop.problem import Column, Table

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = Table(
    name="things",
    key=("id",),
    event_time="time",
    source={"kind": "files"},
    columns={
        "id": Column(type="integer"),
        "time": Column(type="datetime"),
        "x": Column(type="float", nullable=True),
        "note": Column(type="string", nullable=True),
        "good": Column(type="boolean", nullable=True),
    },
)
ROW = st.tuples(
    st.integers(0, 12),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 4)),  # noqa: DTZ001 (made aware below)
    st.none() | st.floats(),
    st.none() | st.text(max_size=5),
    st.none() | st.booleans(),
)


def frame(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    wide = pl.DataFrame(rows, schema=[*TABLE.columns], orient="row", infer_schema_length=None)
    typed = wide.cast({"time": pl.Datetime("us")}).with_columns(
        pl.col("time").dt.replace_time_zone("UTC")
    )
    return typed.cast(schema.of(TABLE))


def rows_of(lake: Lake) -> pl.DataFrame:
    return lake.scan("things").select(list(TABLE.columns)).collect().sort("id")


@settings(max_examples=12)
@given(st.lists(st.lists(ROW, max_size=6), min_size=1, max_size=3))
def test_the_first_row_of_every_key_is_kept(batches: list[list[tuple[object, ...]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        counted = 0
        for number, rows in enumerate(batches):
            arrived = BEGIN + timedelta(days=number)
            batch = Batch(str(number), "things", frame(rows), arrived, "0" * 64)
            done = lake.append(TABLE, batch)
            assert done.new + done.duplicates == done.rows == len(rows)
            assert done.changed <= done.duplicates
            counted += done.new
        everything = frame([row for rows in batches for row in rows])
        expected = everything.unique("id", keep="first", maintain_order=True).sort("id")
        assert rows_of(lake).equals(expected)
        assert expected.height == counted


@settings(max_examples=30)
@given(st.lists(ROW, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_hash_depends_on_rows_and_not_on_their_making(
    rows: list[tuple[object, ...]],
    random: Random,
) -> None:
    made = frame(rows)
    half = len(rows) // 2
    columns = list(TABLE.columns)
    random.shuffle(columns)
    halves = pl.concat([made[:half], made[half:]], rechunk=False)
    assert digest.of(made) == digest.of(made.select(columns)) == digest.of(halves)
    assert digest.of(made) != digest.of(made.head(len(rows) - 1))


@settings(max_examples=30)
@given(st.lists(ROW, min_size=1, max_size=4))
def test_what_was_written_as_text_comes_back(rows: list[tuple[object, ...]]) -> None:
    made = frame(rows).with_columns(pl.lit("note").alias("note"))
    text = pl.read_csv(made.write_csv().encode(), infer_schema=False)
    back, verdict = conform(text, TABLE)
    assert verdict.severity == "pass"
    assert digest.of(back) == digest.of(made)


@settings(max_examples=30)
@given(st.lists(st.text(max_size=3), min_size=1, max_size=4))
def test_the_borders_of_texts_count(texts: list[str]) -> None:
    joined = digest.of(pl.DataFrame({"x": ["".join(texts)]}))
    assert (digest.of(pl.DataFrame({"x": texts})) == joined) == (len(texts) == 1)
