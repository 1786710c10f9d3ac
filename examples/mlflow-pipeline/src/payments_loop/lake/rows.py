"""The columns that the lake adds to the rows of a batch."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from payments_loop.lake import schema
from payments_loop.lake.errors import LakeError
from payments_loop.lake.types import Batch
from payments_loop.problem import Table


def stamped(table: Table, batch: Batch, known_from: datetime | None = None) -> pl.DataFrame:
    """Add partition, time of knowledge and origin to every row, and sort by time.

    Args:
        table: says which times count, and when a row is late.
        batch: rows in the table's schema.
        known_from: nothing of the batch was known earlier.
    """
    arrived = pl.lit(batch.arrived, schema.UTC)
    known = pl.col(table.known_time).fill_null(arrived)
    if table.arrives_within_hours is not None:
        allowed = timedelta(hours=table.arrives_within_hours)
        known = pl.when(known + allowed < arrived).then(arrived).otherwise(known)
    if known_from is not None:
        known = pl.max_horizontal(known, pl.lit(known_from, schema.UTC))
    return batch.frame.with_columns(
        day=pl.col(table.event_time).dt.date(),
        known_at=known,
        batch=pl.lit(batch.id),
    ).sort(table.event_time, *table.key)


def late(table: Table, rows: pl.DataFrame) -> int:
    """Count the stamped rows that became known after their known time."""
    return rows.filter(pl.col("known_at") > pl.col(table.known_time)).height


def fit(batch: Batch, table: Table) -> None:
    """Refuse rows that are not in the table's schema.

    Raises:
        LakeError: they are not.
    """
    if batch.frame.schema != schema.of(table):
        raise LakeError(
            f"{batch.id}: the rows do not have the columns of {table.name!r}; "
            "bring them there by `conform`"
        )


def same_types(table: Table, stored: pl.Schema) -> None:
    """Refuse a column that has another type in the lake.

    Raises:
        LakeError: there is one.
    """
    for column, dtype in schema.of(table).items():
        if column in stored and stored[column] != dtype:
            raise LakeError(
                f"{table.name}.{column} is {stored[column]} in the lake and {dtype} in the "
                "problem: give the new column a new name"
            )
