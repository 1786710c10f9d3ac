"""Column types of the lake, and how what a source gave is brought to them."""

from __future__ import annotations

import polars as pl

from payments_loop.lake.verdict import Finding, Verdict
from payments_loop.problem import Table

UTC = pl.Datetime("us", "UTC")
NAIVE = pl.Datetime("us")
TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "boolean": pl.Boolean(),
    "datetime": UTC,
    "date": pl.Date(),
}
ADDED = {"day": pl.Date(), "known_at": UTC, "batch": pl.String()}
"""What the lake adds to every row: partition, when it was known, where it came from."""

_SHOWN = 60
_BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}


def of(table: Table) -> pl.Schema:
    """Return the schema of a table's own columns."""
    return pl.Schema({name: TYPES[column.type] for name, column in table.columns.items()})


def conform(frame: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, Verdict]:
    """Bring rows to the table's columns and types without losing anything.

    Text is parsed, numbers are widened, times are converted to UTC. What cannot be converted
    without loss is a finding, and so is a missing column.

    Args:
        frame: rows as a source gave them.
        table: the wanted schema; `source.rename` and `source.timezone` (of times that come without
            one, UTC unless given) say what the source calls and means.

    Returns:
        The rows in the table's schema, and a verdict. When its severity is "quarantine" the rows
        are returned as they came.
    """
    if frame.schema == of(table):
        return frame, _nulls(frame, table)
    named = frame.rename(table.rename, strict=False)
    findings: list[Finding] = []
    columns: list[pl.Series] = []
    for name in table.columns:
        column, found = _column(named, name, table)
        findings += found
        if column is not None:
            columns.append(column)
    for name in named.columns:
        if name not in table.columns:
            findings.append(Finding("schema", "warn", name, "is not in the schema, ignored"))
    verdict = Verdict(tuple(findings))
    if verdict.severity == "quarantine":
        return frame, verdict
    conformed = pl.DataFrame(columns)
    return conformed, verdict + _nulls(conformed, table)


def _column(
    frame: pl.DataFrame,
    name: str,
    table: Table,
) -> tuple[pl.Series | None, list[Finding]]:
    """Bring one column to its type; None if that is impossible."""
    wanted = table.columns[name]
    dtype = TYPES[wanted.type]
    rows = frame.height
    if name not in frame.columns:
        if wanted.nullable:
            return pl.Series(name, [None] * rows, dtype=dtype), []
        return None, [_broken(name, "the column is missing", rows, rows)]
    before = frame[name]
    findings: list[Finding] = []
    try:
        after = _converted(before, dtype)
        if after.dtype == NAIVE:
            after, findings = _localized(after, table.timezone)
    except (pl.exceptions.PolarsError, TypeError) as error:
        reason = f"{before.dtype} cannot become {wanted.type}: {_line(error)}"
        return None, [_broken(name, reason, rows, rows)]
    if lost := after.null_count() - before.null_count():
        example = before.filter(after.is_null() & before.is_not_null())[0]
        reason = f"{lost} values are no {wanted.type}, e.g. {_shown(example)}"
        findings.append(_broken(name, reason, lost, rows))
    return after, findings


def _localized(naive: pl.Series, zone: str) -> tuple[pl.Series, list[Finding]]:
    """Read times of a clock on the wall; hours that do not exist become null.

    When clocks go back an hour happens twice, and nobody can tell which one was meant.
    """
    first, second = (
        naive.dt.replace_time_zone(zone, ambiguous=which, non_existent="null")
        for which in ("earliest", "latest")
    )
    findings: list[Finding] = []
    if twice := int((first != second).sum()):
        detail = f"{twice} times occur twice in {zone} (clocks went back); the earlier is taken"
        share = twice / len(naive)
        findings.append(Finding("time_zone", "warn", naive.name, detail, twice, share))
    return first.dt.convert_time_zone("UTC"), findings


def _nulls(frame: pl.DataFrame, table: Table) -> Verdict:
    """Rows that cannot be identified or placed in time cannot be stored at all."""
    needed = dict.fromkeys((*table.key, table.event_time))
    counts = {name: frame[name].null_count() for name in needed}
    return Verdict(
        tuple(
            _broken(
                name, f"{count} rows have none; the lake cannot place them", count, frame.height
            )
            for name, count in counts.items()
            if count
        )
    )


def _converted(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Convert; values that cannot be converted become null, and times may stay without a zone."""
    given = column.dtype
    if given in (dtype, pl.Null):
        return column.cast(dtype)
    if given == pl.String:
        return _parsed(column, dtype)
    if dtype == UTC and (isinstance(given, pl.Datetime) or given == pl.Date):
        zoned = isinstance(given, pl.Datetime) and given.time_zone is not None
        return column.cast(UTC if zoned else NAIVE)
    if dtype in {pl.Int64, pl.Float64} and given.is_numeric():
        return _number(column, dtype)
    if dtype == pl.String and isinstance(given, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    raise TypeError("no conversion without loss is known")


def _number(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Cast; a float with a fraction becomes null as an integer, and is reported as lost."""
    if dtype == pl.Int64 and column.dtype.is_float():
        whole = column.is_finite() & (column == column.round())
        column = column.set(~whole.fill_null(value=True), None)
    return column.cast(dtype, strict=False)


def _parsed(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Parse text; what does not parse becomes null."""
    text = column.str.strip_chars()
    if dtype == UTC:
        return _times(text)
    if dtype == pl.Date:
        return text.str.to_date("%Y-%m-%d", strict=False)
    if dtype == pl.Boolean:
        return text.str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=dtype)
    return text.cast(dtype, strict=False)


def _times(text: pl.Series) -> pl.Series:
    """Parse ISO 8601; text without a zone stays without one, if no value has one."""
    normal = text.str.replace(r"^(\d{4}-\d{2}-\d{2})$", "${1}T00:00:00").str.replace(" ", "T")
    zoned = normal.str.contains(r"(Z|z|[+-]\d{2}:?\d{2})$")
    if not zoned.any():
        return normal.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    return normal.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def _broken(column: str, detail: str, rows: int, total: int) -> Finding:
    return Finding("schema", "quarantine", column, detail, rows, rows / max(total, 1))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
