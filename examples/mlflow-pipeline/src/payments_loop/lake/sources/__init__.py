"""Where batches come from: one module per kind, exporting `open_source`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from payments_loop.lake.types import Batch
from payments_loop.problem import ProblemError, Table

if TYPE_CHECKING:
    from payments_loop.problem import Problem

Options = TypeVar("Options", bound=BaseModel)
COMMON = ("kind", "timezone", "rename")
"""Options of every kind; `conform` applies the last two to the rows that came."""


class Source(Protocol):
    """Gives the batches of a table in the order of their arrival."""

    def batches(
        self,
        table: Table,
        *,
        after: datetime | None,
        until: datetime,
        known: Mapping[str, datetime],
    ) -> Iterator[Batch]:
        """Give what arrived until a time and may be new.

        Args:
            table: whose rows are wanted.
            after: arrival of the last batch that the lake has seen; None for an empty lake.
            until: later arrivals are not given.
            known: id and arrival of the batches that the lake has seen; they need not be given
                again.

        Raises:
            SourceError: the source does not answer, or with something else than rows.
        """
        ...


def open_source(problem: Problem, table: Table) -> Source:
    """Open the source that a table names by `source.kind`.

    Raises:
        ProblemError: there is no such kind, or its options are wrong.
    """
    kind = table.source["kind"]
    settings = {name: value for name, value in table.source.items() if name not in COMMON}
    kinds = sorted(module.name for module in pkgutil.iter_modules(__path__))
    kinds = [name for name in kinds if not name.startswith("_")]
    if kind not in kinds:
        place = f"{problem.folder / 'problem.toml'}: tables.{table.name}.source.kind"
        raise ProblemError(f"{place}: {kind!r} is none of {', '.join(kinds)}")
    module = importlib.import_module(f"{__name__}.{kind}")
    source: Source = module.open_source(problem, table, settings)
    return source


def settings_of(
    model: type[Options],
    settings: Mapping[str, Any],
    problem: Problem,
    table: Table,
) -> Options:
    """Check the options of a source.

    Raises:
        ProblemError: one is unknown, missing or malformed.
    """
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(("tables", table.name, "source", *map(str, first["loc"])))
        reason = "unknown option" if first["type"] == "extra_forbidden" else first["msg"]
        raise ProblemError(f"{problem.folder / 'problem.toml'}: {place}: {reason}") from error
