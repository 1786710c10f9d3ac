"""The page that lists all judged batches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from payments_loop.validation.examination import Examination
from payments_loop.validation.report.html import (
    SEVERITY_WORDS,
    document,
    mark,
    table,
)

SHOWN = 100
_STRIP = 60


def entry(examination: Examination, page: str) -> dict[str, Any]:
    """What the index says about a batch; ``page`` is its file."""
    total = examination.total
    return {
        "table": examination.table,
        "batch": examination.batch,
        "arrived": examination.arrived.isoformat(),
        "rows": examination.rows,
        "severity": total.severity,
        "reasons": list(total.reasons),
        "page": page,
    }


def read(history: Path) -> list[dict[str, Any]]:
    """Read what was judged, the newest arrival first; of a batch judged again, the last word."""
    lines = history.read_text(encoding="utf-8").splitlines()
    by_page = {one["page"]: one for one in map(json.loads, lines)}
    return sorted(by_page.values(), key=lambda one: (one["arrived"], one["page"]), reverse=True)


def render(entries: Sequence[dict[str, Any]]) -> str:
    """Return the page as HTML."""
    parts = ["<h1>Batches and what was found</h1>"]
    for name in sorted({one["table"] for one in entries}):
        recent = [one for one in entries if one["table"] == name][:_STRIP]
        bad = sum(one["severity"] in {"quarantine", "block"} for one in recent)
        words = f"last {len(recent)} batches, oldest first; {bad} not taken"
        parts += [
            f'<h2>{escape(name)} <span class="quiet">{words}</span></h2>',
            f'<ul class="strip">{"".join(_cell(one) for one in reversed(recent))}</ul>',
        ]
    odd = [one for one in entries if one["severity"] != "pass"]
    parts.append("<h2>What needs or needed a look</h2>")
    parts.append(_listed(odd[:SHOWN], "Batches with findings") if odd else "<p>Nothing so far.</p>")
    parts.append("<h2>All batches</h2>")
    parts.append(_listed(entries[:SHOWN], "All batches, the newest first"))
    if len(entries) > SHOWN:
        parts.append(f'<p class="quiet">and {len(entries) - SHOWN:,} older ones.</p>')
    return document("Batches", "\n".join(parts))


def _cell(one: dict[str, Any]) -> str:
    words = f"{one['batch']}: {SEVERITY_WORDS[one['severity']]}"
    title = f'title="{escape(words)}" aria-label="{escape(words)}"'
    return f'<li class="{one["severity"]}"><a href="{escape(one["page"])}" {title}></a></li>'


def _listed(entries: Sequence[dict[str, Any]], caption: str) -> str:
    rows = [
        (
            f'<a href="{escape(one["page"])}">{escape(one["batch"])}</a>',
            escape(one["table"]),
            escape(one["arrived"][:16].replace("T", " ")),
            f"{one['rows']:,}",
            mark(one["severity"]),
            escape("; ".join(one["reasons"])) or "nothing",
        )
        for one in entries
    ]
    names = ("Batch", "Table", "Arrived (UTC)", "Rows", "Consequence", "Why")
    return table(names, rows, caption, ("", "", "", "number", "", "text"))
