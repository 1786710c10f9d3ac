"""Every check of the data, by planting what it looks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from fraud_scoring.training.config import Config
from fraud_scoring.training.schema import features_of
from fraud_scoring.training.table import read
from fraud_scoring.training.validate import Finding, validate


@pytest.fixture(scope="module")
def frame(small_config: Config) -> pl.DataFrame:
    return read(small_config.data, small_config.seed)


def _findings(frame: pl.DataFrame, config: Config) -> list[Finding]:
    return validate(frame, features_of(frame, config), config)


def test_generated_data_is_clean(frame: pl.DataFrame, small_config: Config) -> None:
    assert _findings(frame, small_config) == []


AMOUNT = pl.col("amount")
FIRST = pl.int_range(pl.len()) < 10


@pytest.mark.parametrize(
    ("change", "check", "message"),
    [
        (pl.when(FIRST).then(-1.0).otherwise(AMOUNT).alias("amount"), "range", "in 10 rows"),
        (pl.when(FIRST).then(np.inf).otherwise(AMOUNT).alias("spent_7d"), "range", "infinite"),
        (pl.when(~FIRST).then(AMOUNT).alias("amount"), "nulls", "10 nulls"),
        (pl.when(~FIRST).then(AMOUNT).alias("amount"), "amount", "must be known"),
        (AMOUNT.cast(pl.String).alias("amount"), "amount", "not a number"),
        (pl.lit("fax").alias("channel"), "categories", "fax"),
        (pl.lit(1.0).alias("payments_24h"), "constant", "never varies"),
        (pl.lit(None).cast(pl.Float64).alias("amount_ratio"), "nulls", "14000 of 14000"),
        (pl.lit(0).alias("payment_id"), "duplicates", "13999 rows"),
        (pl.lit(value=False).alias("fraud"), "balance", "0 of 14000"),
        (pl.when(~FIRST).then(pl.col("fraud")).alias("fraud"), "target", "10 nulls"),
        (AMOUNT.alias("fraud"), "target", "neither 0/1"),
        (pl.when(~FIRST).then(pl.col("time")).alias("time"), "time", "10 nulls"),
        (AMOUNT.alias("time"), "time", "not a date"),
        (pl.col("time") + pl.duration(days=9), "time", "later than"),
        (pl.col("time") - pl.duration(days=9), "freshness", "days old"),
        (pl.col("time").reverse(), "time order", "are sorted"),
    ],
)
def test_planted_fault_is_found(
    frame: pl.DataFrame,
    small_config: Config,
    change: pl.Expr,
    check: str,
    message: str,
) -> None:
    planted = frame.with_columns(change)
    if check == "amount" and "number" in message:
        found = validate(planted, (), small_config)
    else:
        found = _findings(planted, small_config)
    assert any(item.check == check and message in item.message for item in found), found


def test_column_that_knows_the_answer_is_a_leak(frame: pl.DataFrame, small_config: Config) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, len(frame))
    planted = frame.with_columns(spent_7d=pl.col("fraud") + pl.Series(noise) + 1)
    (finding,) = _findings(planted, small_config)
    assert finding.severity == "block"
    assert finding.check == "leak"
    assert "spent_7d alone separates" in finding.message


def test_too_few_rows_block(frame: pl.DataFrame, small_config: Config) -> None:
    checks = {finding.check for finding in _findings(frame.head(100), small_config)}
    assert "volume" in checks


def test_week_without_rows_is_noticed(frame: pl.DataFrame, small_config: Config) -> None:
    begin = datetime(2026, 2, 2, tzinfo=UTC)
    week = pl.col("time").is_between(begin, begin + timedelta(days=7))
    few = frame.filter(~week | (pl.int_range(pl.len()) % 20 == 0))
    (finding,) = _findings(few, small_config)
    assert finding.severity == "warn"
    assert "2026-02-02" in finding.message


def test_without_an_id_full_duplicates_are_counted(
    frame: pl.DataFrame,
    small_config: Config,
) -> None:
    config = small_config.model_copy(
        update={"data": small_config.data.model_copy(update={"id": None})}
    )
    (finding,) = _findings(pl.concat([frame, frame.tail(3)]).sort("time"), config)
    assert finding == Finding("warn", "duplicates", "3 rows repeat another one in full")
