"""What must hold for every row by the declared schema: one pass over a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from payments_loop.lake.verdict import Finding
from payments_loop.problem import Column, Table
from payments_loop.validation.config import BatchLimits, Limits

_EXAMPLES = 3


class Rule(NamedTuple):
    """One rule of one column.

    Attributes:
        check: its kind: nulls, values or range.
        text: what a row is that breaks it.
        broken: true for these rows.
    """

    check: str
    text: str
    broken: pl.Expr


def broken(frame: pl.DataFrame, table: Table, limits: BatchLimits) -> list[Finding]:
    """Find the rules that rows of a batch break.

    Args:
        frame: rows in the columns and types of the table, at least one.
        table: the schema.
        limits: how many such rows matter.
    """
    rules = [
        (name, rule) for name, column in table.columns.items() for rule in _rules(name, column)
    ]
    counts = frame.select(
        rule.broken.sum().alias(str(number)) for number, (_, rule) in enumerate(rules)
    )
    found = (
        _finding(frame, name, rule, bad, limits)
        for (name, rule), bad in zip(rules, counts.row(0) if rules else (), strict=True)
        if bad
    )
    return [finding for finding in found if finding.severity != "pass"]


def _rules(name: str, column: Column) -> Iterator[Rule]:
    value = pl.col(name)
    unit = f" {column.unit}" if column.unit else ""
    if not column.nullable:
        yield Rule("nulls", "null, and the schema allows none", value.is_null())
    if column.values is not None:
        names = ", ".join(column.values)
        yield Rule("values", f"not among {names}", value.is_in(column.values).not_())
    if column.type == "float":
        yield Rule("range", "no finite number", value.is_finite().not_())
    if column.minimum is not None:
        yield Rule("range", f"below {column.minimum:g}{unit}", value < column.minimum)
    if column.maximum is not None:
        above = value > column.maximum
        if column.type == "float":
            above &= value.is_not_nan()  # Polars orders NaN above every number
        yield Rule("range", f"above {column.maximum:g}{unit}", above)


def _finding(frame: pl.DataFrame, name: str, rule: Rule, bad: int, limits: BatchLimits) -> Finding:
    limit: Limits = getattr(limits, rule.check)
    share = bad / frame.height
    cases = frame.filter(rule.broken)[name].drop_nulls().unique(maintain_order=True)
    examples = ", ".join(str(value) for value in cases[:_EXAMPLES])
    shown = f", e.g. {examples}" if examples else ""
    detail = f"{bad:,} rows ({share:.2%}) are {rule.text}{shown}"
    return Finding(rule.check, limit.severity(share), name, detail, bad, share)
