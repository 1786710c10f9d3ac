"""Plain data as TOML text."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scaffolder.merge.model import Path

#: Arrays that would make a line longer than this are written one item per line.
WIDTH = 88


def key(name: str | int) -> str:
    """A key, quoted where it must be."""
    text = str(name)
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _string(text)


def value(data: Any, quote: str = '"') -> str:
    """A value on one line; strings in single quotes where `quote` says so and the string can."""
    if isinstance(data, str):
        plain = quote == "'" and "'" not in data and data.isprintable()
        return f"'{data}'" if plain else _string(data)
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, datetime.date | datetime.time):
        return data.isoformat()
    if isinstance(data, int | float):
        return repr(data)
    if isinstance(data, Mapping):
        inner = ", ".join(f"{key(name)} = {value(item, quote)}" for name, item in data.items())
        return f"{{ {inner} }}" if inner else "{}"
    return f"[{', '.join(value(item, quote) for item in data)}]"


def entry(name: str, data: Any, indent: str = "    ") -> str:
    """`name = value` as whole lines; a long array has one item per line."""
    line = f"{name} = {value(data)}"
    if isinstance(data, list) and data and len(line) > WIDTH:
        line = f"{name} = {lines(map(value, data), indent)}"
    return line + "\n"


def lines(items: Any, indent: str, outer: str = "") -> str:
    """An array with one item (already TOML) per line."""
    return "[\n" + "".join(f"{outer}{indent}{item},\n" for item in items) + f"{outer}]"


def header(path: Path, brackets: int = 1) -> str:
    """The line `[path]`; positions in arrays of tables are not part of it."""
    name = ".".join(key(part) for part in path if isinstance(part, str))
    return f"{'[' * brackets}{name}{']' * brackets}\n"


def block(path: Path, data: Any, indent: str = "    ") -> str:
    """A table, or a list of tables, under its headers: whole lines, blocks separated by one blank line."""
    if isinstance(data, Sequence):
        return "\n".join(_table(header(path, 2), path, element, indent, True) for element in data)
    return _table(header(path), path, data, indent, False)


def _table(head: str, path: Path, data: Mapping[str, Any], indent: str, always: bool) -> str:
    plain = {name: item for name, item in data.items() if not is_block((*path, name), item)}
    parts = [block((*path, name), item, indent) for name, item in data.items() if is_block((*path, name), item)]
    if plain or always or not parts:
        parts.insert(0, head + "".join(entry(key(name), item, indent) for name, item in plain.items()))
    return "\n".join(parts)


def is_block(path: Path, data: Any) -> bool:
    """Whether a value is written under headers of its own; a dependency, `name = { version = ... }`, is not."""
    if isinstance(data, dict) and path[-2:-1] == ("dependencies",) and "version" in data:
        return False
    return isinstance(data, dict) or (
        isinstance(data, list) and bool(data) and all(isinstance(item, dict) and len(item) > 1 for item in data)
    )


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
