"""What must hold for every row by the declared schema, checked by pandera."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from payments_loop.lake.schema import TYPES
from payments_loop.lake.verdict import Finding
from payments_loop.validation.config import BatchLimits, Limits

if TYPE_CHECKING:
    import pandera.polars as pa

    from payments_loop.problem import Column, Table

_EXAMPLES = 3


def schema(table: Table) -> pa.DataFrameSchema:
    """Build the pandera schema of a table: types, nulls, ranges and allowed values."""
    import pandera.polars as pa

    columns = {
        name: pa.Column(TYPES[column.type], list(_checks(column)), nullable=column.nullable)
        for name, column in table.columns.items()
    }
    return pa.DataFrameSchema(columns, name=table.name)


def _checks(column: Column) -> Iterator[pa.Check]:
    import pandera.polars as pa

    if column.values is not None:
        yield pa.Check.isin(column.values, name="values")
    if column.type == "float":
        # A comparison alone would let NaN pass: Polars orders it above every number.
        yield pa.Check(_is_finite, name="finite")
    if column.minimum is not None:
        yield pa.Check.ge(column.minimum, name="minimum")
    if column.maximum is not None:
        yield pa.Check.le(column.maximum, name="maximum")


def _is_finite(data: pa.PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).is_finite())


def broken(frame: pl.DataFrame, table: Table, limits: BatchLimits) -> list[Finding]:
    """Find the rules that rows of a batch break.

    Args:
        frame: rows in the columns and types of the table, at least one.
        table: the schema.
        limits: how many such rows matter.
    """
    import pandera.polars as pa

    try:
        schema(table).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as failed:
        found = (_finding(error, frame.height, table, limits) for error in failed.schema_errors)
        return [finding for finding in found if finding.severity != "pass"]
    return []


def _finding(
    error: pa.errors.SchemaError,
    rows: int,
    table: Table,
    limits: BatchLimits,
) -> Finding:
    name = str(error.schema.name)
    column = table.columns[name]
    cases: pl.Series = error.failure_cases.to_series()
    unit = f" {column.unit}" if column.unit else ""
    rule = getattr(error.check, "name", "nulls")
    match rule:
        case "values":
            check, text = "values", f"not among {', '.join(column.values or ())}"
        case "minimum":
            check, text = "range", f"below {column.minimum:g}{unit}"
        case "maximum":
            check, text = "range", f"above {column.maximum:g}{unit}"
        case "finite":
            check, text = "range", "no finite number"
        case _:
            check, text = "nulls", "null, and the schema allows none"
    if rule in {"minimum", "maximum"} and cases.dtype.is_float():
        cases = cases.drop_nans()
    bad = cases.null_count() if check == "nulls" else len(cases)
    limit: Limits = getattr(limits, check)
    detail = f"{bad:,} rows ({bad / rows:.2%}) are {text}{_examples(cases)}"
    return Finding(check, limit.severity(bad / rows), name, detail, bad, bad / rows)


def _examples(cases: pl.Series) -> str:
    shown = [str(value) for value in cases.drop_nulls().unique(maintain_order=True)[:_EXAMPLES]]
    return f", e.g. {', '.join(shown)}" if shown else ""
