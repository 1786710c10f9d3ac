"""Pieces of a page that needs nothing from elsewhere: no scripts, no fonts, no requests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files

from payments_loop.lake.verdict import Severity

SEVERITY_WORDS: dict[Severity, str] = {
    "pass": "as usual",
    "warn": "warning",
    "quarantine": "put aside",
    "block": "stops the run",
}


def document(title: str, body: str) -> str:
    """Return a complete page; ``body`` is HTML."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_style()}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    return (files(__package__) / "style.css").read_text(encoding="utf-8")


def mark(severity: Severity, words: str = "") -> str:
    """A severity in words and colour."""
    return f'<span class="mark {severity}">{escape(words or SEVERITY_WORDS[severity])}</span>'


def table(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    kinds: Sequence[str] = (),
) -> str:
    """A table that becomes a list on narrow screens.

    Args:
        names: of the columns.
        rows: cells as HTML.
        caption: what the table says, for people who hear it.
        kinds: CSS class per column.
    """
    kinds = kinds or [""] * len(names)
    heads = [
        f'<th scope="col"{_class(k)}>{escape(n)}</th>' for n, k in zip(names, kinds, strict=True)
    ]
    tags = _tags(names, kinds)
    body = "\n".join(f"<tr>{_row(tags, cells)}</tr>" for cells in rows)
    return (
        f'<table class="stack" aria-label="{escape(caption)}">\n<thead><tr>{"".join(heads)}</tr>'
        f"</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


def _tags(names: Sequence[str], kinds: Sequence[str]) -> list[tuple[str, str]]:
    """What opens and closes the cells of a row; the first one names it."""
    tags = []
    for position, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        tag, scope = ("th", ' scope="row"') if position == 0 else ("td", "")
        opening = f'<{tag}{scope}{_class(kind)} data-name="{escape(name)}">'
        tags.append((opening, f"</{tag}>"))
    return tags


def _row(tags: Sequence[tuple[str, str]], cells: Sequence[str]) -> str:
    pairs = zip(tags, cells, strict=True)
    return "".join(f"{opening}{cell}{closing}" for (opening, closing), cell in pairs)


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""
