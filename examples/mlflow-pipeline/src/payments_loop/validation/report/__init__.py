"""Reports of judged batches: JSON for programs, HTML for people, and an index of both."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from payments_loop.validation.examination import Examination
from payments_loop.validation.judgement import Measure
from payments_loop.validation.report import index, page

HISTORY = "history.jsonl"
"""A line per judged batch; the index is made from it."""


def write(examination: Examination, folder: Path) -> Path:
    """Write the report of a batch; `refresh` brings it into the index.

    Args:
        examination: what was found.
        folder: where reports are; created if missing.

    Returns:
        The path of the HTML page; its JSON twin is beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = file_name(examination.table, examination.batch)
    record = json.dumps(as_json(examination), ensure_ascii=False)
    _replace(folder / f"{name}.json", record + "\n")
    html = folder / f"{name}.html"
    _replace(html, page.render(examination))
    # One short append: lines of processes that write at once do not mix.
    with (folder / HISTORY).open("a", encoding="utf-8") as history:
        history.write(json.dumps(index.entry(examination, html.name), ensure_ascii=False) + "\n")
    return html


def refresh(folder: Path) -> None:
    """Write the index again, if a batch was judged since; it takes longer than judging one."""
    history, page_of_all = folder / HISTORY, folder / "index.html"
    if not history.exists():
        return
    if page_of_all.exists() and page_of_all.stat().st_mtime_ns > history.stat().st_mtime_ns:
        return
    _replace(page_of_all, index.render(index.read(history)))


def file_name(table: str, batch: str) -> str:
    """A name for files made of any batch id; different ids have different names."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", batch)[:80]
    if plain != batch:
        plain += f"-{hashlib.sha256(batch.encode()).hexdigest()[:8]}"
    return plain if plain.startswith(f"{table}-") else f"{table}-{plain}"


def as_json(examination: Examination) -> dict[str, Any]:
    """The examination as JSON-compatible values."""
    total = examination.total
    fields = {
        "batch": examination.batch,
        "table": examination.table,
        "severity": total.severity,
        "arrived": examination.arrived,
        "rows": examination.rows,
        "first": examination.first,
        "last": examination.last,
        "findings": [asdict(finding) for finding in total.findings],
        "measures": [_measure(one) for one in examination.measures],
        "columns": [asdict(one) for one in examination.profiles],
        "reference": {"period": examination.reference, "days": examination.days},
        "notes": examination.notes,
        "false_alarms": examination.false_alarms,
    }
    content: dict[str, Any] = json.loads(json.dumps(fields, default=_iso))
    return content


def _measure(one: Measure) -> dict[str, Any]:
    low, high = one.range
    return {
        "check": one.statistic.check,
        "column": one.statistic.column,
        "value": one.statistic.raw,
        "usual": one.usual,
        "low": low,
        "high": high,
        "distance": one.place.distance,
        "severity": one.severity,
    }


def _iso(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a report")


def _replace(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
