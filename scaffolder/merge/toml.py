"""TOML as data with positions; the edits are in `toml_edit`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scaffolder.merge import toml_scan
from scaffolder.merge.model import Edit, Path
from scaffolder.merge.toml_scan import Statement, Value


@dataclass(frozen=True)
class Document:
    """A TOML text and what it says."""

    text: str
    data: dict[str, Any]

    @cached_property
    def statements(self) -> list[Statement]:
        """Its headers and keys."""
        return toml_scan.scan(self.text)

    def under(self, path: Path) -> list[Statement]:
        """The statements that say something at or below `path`."""
        return [statement for statement in self.statements if statement.says(path)]

    def find(self, path: Path) -> Value | None:
        """The value written at `path`; None for tables under headers, dotted tables and what does not exist."""
        for statement in self.statements:
            if statement.value and path[: len(statement.path)] == statement.path:
                return _descend(statement.value, path[len(statement.path) :])
        return None

    def get(self, path: Path) -> Any:
        """The data at `path`, or None."""
        data: Any = self.data
        for part in path:
            try:
                data = data[part]
            except (KeyError, IndexError, TypeError):
                return None
        return data


def _descend(value: Value, path: Path) -> Value | None:
    if not path:
        return value
    if isinstance(path[0], int):
        return _descend(value.items[path[0]], path[1:]) if path[0] < len(value.items) else None
    inner = ((path[len(keys) :], entry) for keys, _, entry in value.entries if path[: len(keys)] == keys)
    return next((_descend(entry, rest) for rest, entry in inner), None)


def parse(text: str) -> Document:
    """Parse.

    Raises:
        ValueError: it is not TOML.
    """
    return Document(text, tomllib.loads(text))


def from_data(data: dict[str, Any], like: Document) -> Document:  # noqa: ARG001 - the interface of a format
    """A document that says `data` and has no text to copy from."""
    return Document("", data)


def apply(document: Document, edits: Sequence[Edit], source: Document, obsolete: Callable[[str], bool]) -> str:
    """The text of `document` with `edits` made; see `toml_edit.apply`."""
    from scaffolder.merge import toml_edit

    return toml_edit.apply(document, edits, source, obsolete)
