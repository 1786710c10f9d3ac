"""Changes values in TOML files and leaves everything else as somebody wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.container import Container
from tomlkit.items import Table

_DIGITS = 4


def edit(path: Path, values: Mapping[str, object]) -> bool:
    """Set values in a file, creating what is missing; comments and order stay.

    Args:
        path: the file.
        values: by dotted key, e.g. `evidence.extractive`; numbers are rounded to four digits.

    Returns:
        Whether anything changed.

    Raises:
        ValueError: the file is no TOML, or a key leads through something that is no table.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    document = tomlkit.parse(before)
    for key, value in values.items():
        *tables, last = key.split(".")
        table: Container | Table = document
        for name in tables:
            inner = table.setdefault(name, tomlkit.table())
            if not isinstance(inner, Table):
                raise ValueError(f"{path}: {name} is no table")  # noqa: TRY004 (of a file)
            table = inner
        wanted = round(value, _DIGITS) if isinstance(value, float) else value
        # Setting an equal value would lose how it was written.
        if last not in table or table[last] != wanted:
            table[last] = wanted
    after = tomlkit.dumps(document)
    if after != before:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(after, encoding="utf-8")
    return after != before
