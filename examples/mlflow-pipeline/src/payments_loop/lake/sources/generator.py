"""Source kind `generator`: the world of payments that `world.toml` describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import payments_loop.lake.digest as digest
from payments_loop.lake.types import Batch
from payments_loop.payments import World, load_world
from payments_loop.payments.deliveries import deliveries, rows
from payments_loop.problem import ProblemError, Table

if TYPE_CHECKING:
    from payments_loop.problem import Problem

TABLES = ("payments", "reports")


class GeneratorSource:
    """Gives a batch per table and day."""

    def __init__(self, world: World) -> None:
        self._world = world

    def batches(
        self,
        table: Table,
        *,
        after: datetime | None,
        until: datetime,
        known: Mapping[str, datetime],
    ) -> Iterator[Batch]:
        """Give what arrived after `after`, until `until`, and is not among the `known` ids."""
        for delivery in deliveries(self._world, table.name, after=after, until=until):
            if delivery.id in known:
                continue
            frame = rows(self._world, delivery)
            yield Batch(delivery.id, table.name, frame, delivery.arrived, digest.of(frame))


def open_source(problem: Problem, table: Table, settings: dict[str, Any]) -> GeneratorSource:
    """Open the source of a table of the world in the problem's folder.

    Raises:
        ProblemError: it has options, or the table is none that the world knows.
    """
    place = f"{problem.folder / 'problem.toml'}: tables.{table.name}.source"
    if settings:
        unknown = ", ".join(settings)
        raise ProblemError(f"{place}: unknown key {unknown}; options belong into world.toml")
    if table.name not in TABLES:
        raise ProblemError(f"{place}: the generator has the tables {', '.join(TABLES)}")
    return GeneratorSource(load_world(problem.folder))
