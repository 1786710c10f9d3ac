"""Points in time and tables on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z")
Row = Sequence[object]


def as_of_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `--as-of`: a day (its start) or a time, UTC unless it says otherwise; default now."""
    return click.option(
        "--as-of",
        type=click.DateTime(_FORMATS),
        metavar="DATE",
        callback=_utc,
        help=f"{text} [default: now]",
    )


def _utc(
    context: click.Context,
    parameter: click.Parameter,
    value: datetime | None,
) -> datetime:
    del context, parameter
    if value is None:
        return datetime.now(UTC)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def table(header: Sequence[str], rows: Sequence[Row]) -> str:
    """Lay rows out in columns; numbers to the right, everything else to the left.

    Returns:
        Lines without a final newline; the second one is a rule.
    """
    cells = [[cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    right = [
        all(isinstance(row[i], int | float) for row in rows) and bool(rows)
        for i in range(len(header))
    ]
    lines = [_line(header, widths, right), "  ".join("-" * width for width in widths).rstrip()]
    return "\n".join([*lines, *(_line(row, widths, right) for row in cells)])


def cell(value: object) -> str:
    """Write one value: times in UTC to the second, numbers with separators, nothing as a dash."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    aligned = (
        text.rjust(width) if numeric else text.ljust(width)
        for text, width, numeric in zip(row, widths, right, strict=True)
    )
    return "  ".join(aligned).rstrip()
