"""A batch with its reference, and the numbers by which it is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from payments_loop.problem import Column, Table
from payments_loop.validation.histograms import Floats, Histogram
from payments_loop.validation.reference import Reference


@dataclass(frozen=True)
class Statistic:
    """One number about a batch that days are compared by.

    Attributes:
        check: name of the check it decides.
        column: what it is about; None for the whole batch.
        raw: the number itself.
        value: the number on a scale on which days vary evenly.
        days: the same of the reference days, shape [days].
        floor: how much sampling alone makes ``value`` vary (standard deviation).
        back: from the scale of ``value`` to that of ``raw``.
        size: of the change, from raw and usual raw number, in the unit of the check's limits.
        histogram: the distribution behind it, if there is one.
    """

    check: str
    column: str | None
    raw: float
    value: float
    days: Floats
    floor: float
    back: Callable[[float], float]
    size: Callable[[float, float], float]
    histogram: Histogram | None = None


@dataclass(frozen=True)
class Subject:
    """A batch with what it is compared to.

    Attributes:
        table: the schema.
        frame: rows of the batch, in the schema's types.
        reference: the days before it.
        span: days of event time that the batch covers, at least 1.
    """

    table: Table
    frame: pl.DataFrame
    reference: Reference
    span: int

    @property
    def columns(self) -> dict[str, Column]:
        """Columns whose distribution is compared: what identifies a row has none."""
        left_out = {*self.table.key, self.table.known_time} - {self.table.event_time}
        shared = set(self.frame.columns) & set(self.reference.frame.columns)
        return {
            name: column
            for name, column in self.table.columns.items()
            if name in shared and name not in left_out and not column.hidden
        }
