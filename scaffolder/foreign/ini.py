"""Add to lists of lines in INI files (`install_requires` of setup.cfg); comments, order and layout stay."""

from __future__ import annotations

import re
from collections.abc import Sequence


def add(text: str, section: str, key: str, items: Sequence[str]) -> str:
    """Append `items` to the list that `key` of `[section]` holds; both are made where they are missing."""
    if not items:
        return text
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    start = next((n for n, line in enumerate(lines) if line.strip() == f"[{section}]"), None)
    if start is None:
        lines += ["", f"[{section}]", f"{key} =", *(f"    {item}" for item in items)]
        return newline.join(lines) + newline
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("[")), len(lines))
    at = next((n for n in range(start + 1, end) if re.match(rf"{re.escape(key)}\s*[=:]", lines[n])), None)
    if at is None:
        place = _after_content(lines, start, end)
        lines[place:place] = [f"{key} =", *(f"    {item}" for item in items)]
        return newline.join(lines) + newline
    head, mark, value = re.split(r"([=:])", lines[at], maxsplit=1)
    if value.strip():
        lines[at : at + 1] = [f"{head}{mark}", f"    {value.strip()}"]
        end += 1
    last = at
    while last + 1 < end and (not lines[last + 1].strip() or lines[last + 1][:1] in " \t#;"):
        last += 1
    while not lines[last].strip() or lines[last].lstrip()[:1] in "#;":
        last -= 1
    indent = re.match(r"\s+", lines[last]) if last > at else None
    lines[last + 1 : last + 1] = [f"{indent[0] if indent else '    '}{item}" for item in items]
    return newline.join(lines) + newline


def _after_content(lines: Sequence[str], start: int, end: int) -> int:
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end
