"""Evidence records as Markdown, and the marked blocks of the README that show them."""

import json
import math
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from fraud_scoring.evidence import FOLDER

_MARKER = re.compile(r"<!-- (?P<end>/?)evidence:(?P<name>[a-z0-9_-]+)(?:: (?P<rows>[^>\n]+))? -->")
_THOUSAND = 999.5  # what three digits would round to a thousand
_NOT_MEASURED = "Not measured yet."


class ReportError(ValueError):
    """A record or a marker in the README cannot be read; the message names the place."""


def load(folder: Path) -> dict[str, dict[str, Any]]:
    """Read every record of a folder.

    Args:
        folder: usually `evidence`; may be missing.

    Returns:
        The records by name.

    Raises:
        ReportError: a file is not a record.
    """
    records = {}
    for path in sorted(folder.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            block(record)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReportError(f"{path} is not an evidence record: {error!r}") from error
        records[path.stem] = record
    return records


def refresh(
    text: str,
    records: Mapping[str, Mapping[str, Any]],
    *,
    keep_empty: bool = False,
) -> str:
    """Replace what stands between each `<!-- evidence:NAME -->` and its `<!-- /evidence:NAME -->`.

    `<!-- evidence:NAME: ROW; ROW -->` shows these rows of the record only, as a list.

    Args:
        text: a Markdown document.
        records: as read by `load`; a block without a record says that nothing was measured.
        keep_empty: leave a block that has no record and no contents as it is.

    Returns:
        The document; outside the blocks it is unchanged.

    Raises:
        ReportError: a marker has no partner, or blocks overlap.
    """
    parts = []
    position = 0
    opened: re.Match[str] | None = None
    for marker in _MARKER.finditer(text):
        if not marker["end"]:
            if opened:
                raise ReportError(f"line {_line(text, opened)}: {opened[0]} is not closed")
            opened = marker
            continue
        if not opened or opened["name"] != marker["name"]:
            raise ReportError(f"line {_line(text, marker)}: {marker[0]} closes nothing")
        record = records.get(marker["name"])
        if record or not keep_empty or text[opened.end() : marker.start()].strip():
            body = _NOT_MEASURED
            if record:
                body = summary(record, opened["rows"]) if opened["rows"] else block(record)
            parts += [text[position : opened.end()], f"\n{body}\n"]
            position = marker.start()
        opened = None
    if opened:
        raise ReportError(f"line {_line(text, opened)}: {opened[0]} is not closed")
    return "".join([*parts, text[position:]])


def block(record: Mapping[str, Any]) -> str:
    """Render one record: its first plot, which says the most, a table of its values, the other plots, its origin."""
    plots = [f"![{_inline(plot['alt'])}]({plot['path']})" for plot in record["plots"]]
    return "\n\n".join([*plots[:1], _table(record), *plots[1:], _provenance(record)])


def summary(record: Mapping[str, Any], rows: str) -> str:
    """Some rows of a record as a list, for the head of a page.

    Args:
        record: as read by `load`.
        rows: names joined by "; ", in which `*` stands for anything; a name that the record lacks
            is passed over.
    """
    values = record["values"]
    named = [
        value for row in rows.split("; ") for value in values if fnmatchcase(value["name"], row)
    ]
    return "\n".join(map(_item, named)) or _NOT_MEASURED


def _item(value: Mapping[str, Any]) -> str:
    interval = f"95 % interval {_interval(value)}" if value["low"] is not None else ""
    aside = "; ".join(filter(None, (interval, _inline(value["note"]))))
    return f"- {_inline(value['name'])}: **{_quantity(value)}**{f' ({aside})' if aside else ''}"


def _table(record: Mapping[str, Any]) -> str:
    values = record["values"]
    with_interval = any(value["low"] is not None for value in values)
    with_note = any(value["note"] for value in values)
    rows = [[_inline(record["title"]), "Value"], [":---", "---:"]]
    rows += [[_inline(value["name"]), _quantity(value)] for value in values]
    if with_interval:
        intervals = ["95 % interval", "---:", *map(_interval, values)]
        rows = [[*row, cell] for row, cell in zip(rows, intervals, strict=True)]
    if with_note:
        notes = ["Note", ":---", *(_inline(value["note"]) for value in values)]
        rows = [[*row, cell] for row, cell in zip(rows, notes, strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _quantity(value: Mapping[str, Any]) -> str:
    return f"{_number(value['value'], _decimals(value))} {_inline(value['unit'])}".strip()


def _interval(value: Mapping[str, Any]) -> str:
    if value["low"] is None:
        return ""
    decimals = _decimals(value)
    return f"{_number(value['low'], decimals)} to {_number(value['high'], decimals)}"


def _decimals(value: Mapping[str, Any]) -> int | None:
    """Decimals that are worth writing: two digits of the interval's width. None without one."""
    if value["low"] is None or not value["high"] > value["low"]:
        return None
    return max(0, 1 - math.floor(math.log10(value["high"] - value["low"])))


def _number(value: float | str, decimals: int | None = None) -> str:
    """Format with `decimals`, or three significant digits; integers and thousands are written in full."""
    if isinstance(value, str):
        return _inline(value)
    if isinstance(value, int) or value == 0 or abs(value) >= _THOUSAND:
        return f"{value:,.0f}"
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:#.3g}".removesuffix(".")


def _provenance(record: Mapping[str, Any]) -> str:
    machine = record["hardware"]
    parts = [f"Measured {record['measured_at'][:10]} by `{record['command']}`"]
    if record["commit"]:
        changed = " with uncommitted changes" if record["dirty"] else ""
        parts.append(f"commit `{record['commit'][:8]}`{changed}")
    if record["seed"] is not None:
        parts.append(f"seed {record['seed']}")
    if record["data_sha256"]:
        parts.append(f"data `{record['data_sha256'][:8]}`")
    memory = f", {machine['memory_gib']} GiB" if machine["memory_gib"] else ""
    parts.append(f"{_inline(machine['cpu'])}, {machine['cores']} cores{memory}")
    parts.append(f"Python {machine['python']}")
    source = f"{FOLDER}/{record['name']}.json"
    return f"<sub>{'; '.join(parts)} ([record]({source})).</sub>"


def _inline(text: str) -> str:
    """Make text safe inside a table cell: one line, no cell separators, no HTML comments."""
    line = " ".join(str(text).split())
    return line.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _line(text: str, marker: re.Match[str]) -> int:
    return text.count("\n", 0, marker.start()) + 1
