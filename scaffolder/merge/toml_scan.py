"""Where the parts of a TOML document are: headers, keys, values, items. For documents that `tomllib` accepts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

from scaffolder.merge.model import Path
from scaffolder.merge.splice import line_end, line_start

_STRING = r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
_VALUE = re.compile(rf"{_STRING}|[^,\]}}#\n]+", re.S)
_KEY = re.compile(rf"{_STRING}|[A-Za-z0-9_-]+", re.S)
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_SKIP = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|\Z)")


@dataclass(slots=True)
class Value:
    """A value's span.

    Attributes:
        stop: for an item of an array, the end of what belongs to it: its comma and the comment after it.
        comma: whether a comma follows.
        items: of an array.
        entries: of an inline table.
    """

    start: int
    end: int
    stop: int = 0
    comma: bool = False
    items: list[Value] = field(default_factory=list)
    entries: list[tuple[Path, int, Value]] = field(default_factory=list)


@dataclass(slots=True)
class Statement:
    """A header or a `key = value`, whole lines.

    Attributes:
        path: from the root; a number says which element of an array of tables.
        table: the path of the header that it stands under (of a header: its own path).
        value: None for headers.
    """

    path: Path
    table: Path
    start: int
    end: int
    value: Value | None = None

    def says(self, path: Path) -> bool:
        """Whether it is about `path` or something below."""
        return self.path[: len(path)] == path


def scan(text: str) -> list[Statement]:
    """All statements, in order."""
    return list(_Scanner(text).statements())


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.elements: dict[Path, int] = {}

    def statements(self) -> Iterator[Statement]:
        table: Path = ()
        at = 0
        while (at := self.skip(at)) < len(self.text):
            start = line_start(self.text, at)
            if self.text[at] == "[":
                array = self.text.startswith("[[", at)
                keys, at = self.keys(self.skip(at + 1 + array))
                table = self.resolve(keys, array)
                path, value = table, None
            else:
                keys, at = self.keys(at)
                value = self.value(self.skip(at + 1))
                path, at = (*table, *keys), value.end
            at = line_end(self.text, at)
            yield Statement(path, table, start, at, value)

    def resolve(self, keys: Path, array: bool) -> Path:
        """The path of a header: tables under an array of tables belong to its last element."""
        path: Path = ()
        for position, key in enumerate(keys, 1):
            path = (*path, key)
            if path in self.elements and not (array and position == len(keys)):
                path = (*path, self.elements[path])
        if array:
            self.elements[path] = self.elements.get(path, -1) + 1
            path = (*path, self.elements[path])
        return path

    def skip(self, at: int) -> int:
        match = _SKIP.match(self.text, at)
        assert match is not None
        return match.end()

    def keys(self, at: int) -> tuple[Path, int]:
        """A dotted key; the position returned is that of what follows it."""
        keys: list[str] = []
        while match := _KEY.match(self.text, at):
            raw = match[0]
            keys.append(tomllib.loads(f"k={raw}")["k"] if raw[0] in "\"'" else raw)
            at = match.end()
            if not (dot := _DOT.match(self.text, at)):
                break
            at = dot.end()
        return tuple(keys), self.skip(at)

    def value(self, at: int) -> Value:
        if self.text[at] == "[":
            return self.array(at)
        if self.text[at] == "{":
            return self.inline_table(at)
        match = _VALUE.match(self.text, at)
        assert match is not None
        return Value(at, at + len(match[0].rstrip()))

    def array(self, start: int) -> Value:
        array = Value(start, start)
        at = self.skip(start + 1)
        while self.text[at] != "]":
            item = self.value(at)
            at = self.skip(item.end)
            item.comma = self.text[at] == ","
            after = at + 1 if item.comma else item.end
            rest = _REST_OF_LINE.match(self.text, after)
            item.stop = rest.end() if rest else after
            array.items.append(item)
            at = self.skip(item.stop)
        array.end = at + 1
        return array

    def inline_table(self, start: int) -> Value:
        table = Value(start, start)
        at = self.skip(start + 1)
        while self.text[at] != "}":
            key_at = at
            keys, at = self.keys(at)
            value = self.value(self.skip(at + 1))
            table.entries.append((keys, key_at, value))
            at = self.skip(value.end)
            if self.text[at] == ",":
                at = self.skip(at + 1)
        table.end = at + 1
        return table
