"""Structural edits of a TOML text that leave everything else byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from scaffolder.merge import splice, toml_array, toml_emit
from scaffolder.merge.model import Change, Drop, Edit, Path, Put, same
from scaffolder.merge.toml import Document
from scaffolder.merge.toml_scan import Statement, Value


def apply(document: Document, edits: Sequence[Edit], source: Document, obsolete: Callable[[str], bool]) -> str:
    """The text of `document` with `edits` made.

    Args:
        source: where new values come from; they keep its spelling and its comments.
        obsolete: whether a comment line goes away with what is below it.

    Raises:
        ValueError: the edits touch the same place.
    """
    editor = _Editor(document, source, obsolete)
    for edit in edits:
        if isinstance(edit, Put):
            editor.put(edit.path, edit.value)
        elif isinstance(edit, Drop):
            editor.drop(edit.path)
        else:
            editor.change(edit)
    return editor.result()


class _Editor:
    def __init__(self, document: Document, source: Document, obsolete: Callable[[str], bool]) -> None:
        self.document, self.source, self.obsolete = document, source, obsolete
        self.text = document.text
        self.splices: list[splice.Splice] = []
        self.new_entries: dict[Path, list[str]] = {}
        self.doomed: dict[Path, set[str | int]] = {}  # keys of inline tables
        self.comments = splice.comment_lines(document.text)
        indent = re.search(r"\[\n([ \t]+)", self.text)
        self.indent = indent[1] if indent else "    "

    def result(self) -> str:
        for table, lines in self.new_entries.items():
            self.add_entries(table, lines)
        for table, keys in self.doomed.items():
            entries = value.entries if (value := self.document.find(table)) else []
            positions = {position for position, (key, _, _) in enumerate(entries) if key[0] in keys}
            self.splices += splice.without([(start, value.end) for _, start, value in entries], positions)
        return splice.apply(self.text, self.splices)

    def put(self, path: Path, value: Any) -> None:
        if old := self.document.find(path):
            new = self.value(path, value, self.text[old.start : old.end])
            self.splices.append(splice.Splice(old.start, old.end, new))
            return
        self.drop(path)
        table = path[:-1]
        inline = self.document.find(table) if table else None
        dotted = [s for s in self.document.under(table) if s.value and len(s.table) < len(table)]
        if inline:
            self.put_inline(inline, f"{toml_emit.key(path[-1])} = {toml_emit.value(value)}")
        elif toml_emit.is_block(path, value) and not dotted:
            self.add_block(path, self.block(path, value))
        else:
            keys = path[len(dotted[-1].table) :] if dotted else path[-1:]
            line = "" if dotted else self.copied_entry(path, value)
            line = line or toml_emit.entry(".".join(map(toml_emit.key, keys)), value, self.indent)
            self.new_entries.setdefault(table, []).append(line)

    def drop(self, path: Path) -> None:
        container = self.document.find(path[:-1]) if path[:-1] else None
        if container:
            self.doomed.setdefault(path[:-1], set()).add(path[-1])
            return
        start = -1  # of a run of statements that go
        for statement, following in pairwise([*self.document.statements, None]):
            if statement and statement.says(path):
                start = start if start >= 0 else splice.comment_start(self.text, statement.start, self.obsolete)
                if not following or not following.says(path):
                    self.splices.append(splice.cut(self.text, start, statement.end))
                    start = -1

    def change(self, change: Change) -> None:
        if array := self.document.find(change.path):
            new = toml_array.edited(self.text, array, change, self.obsolete, self.indent)
            self.splices.append(splice.Splice(array.start, array.end, new))
            return
        tables = all(isinstance(item, dict) for item in change.appended)
        if not tables or change.replaced or change.inserted:  # no longer an array of tables, or in another order
            self.put(change.path, change.made(self.document.get(change.path)))
            return
        for index in change.removed:
            self.drop((*change.path, index))
        elements = self.source.get(change.path) or []
        for item in change.appended:
            index = next((i for i, element in enumerate(elements) if same(element, item)), 0)
            self.add_block((*change.path, len(elements)), self.block((*change.path, index), item))

    def put_inline(self, table: Value, entry: str) -> None:
        if table.entries:
            end = table.entries[-1][2].end
            self.splices.append(splice.Splice(end, end, f", {entry}"))
        else:
            self.splices.append(splice.Splice(table.start, table.end, f"{{ {entry} }}"))

    def value(self, path: Path, value: Any, old: str) -> str:
        """A value in the place of an old one, whose quotes and layout it takes over."""
        if isinstance(value, str) and old[0] in "\"'" and old[:3] not in {'"""', "'''"}:
            return toml_emit.value(value, old[0])
        written = self.source.find(path)
        if written and same(self.source.get(path), value):
            return self.source.text[written.start : written.end]
        if isinstance(value, list) and value and "\n" in old:
            return toml_emit.lines(map(toml_emit.value, value), self.indent)
        return toml_emit.value(value)

    def copied_entry(self, path: Path, value: Any) -> str:
        found = [s for s in self.source.under(path) if s.path == path and s.value and s.table == path[:-1]]
        return self.copied(found) if found and same(self.source.get(path), value) else ""

    def block(self, path: Path, value: Any) -> str:
        """Tables under headers, as the source writes them where it says just that."""
        found = self.source.under(path)
        if found and same(self.source.get(path), value) and not found[0].value:
            return self.copied(found)
        return toml_emit.block(path, [value] if isinstance(path[-1], int) else value, self.indent)

    def copied(self, statements: list[Statement]) -> str:
        """The source's lines of `statements`, with the comments above them that are new to ours."""
        everything = self.source.statements
        pieces: list[str] = []
        previous = -2
        for statement in statements:
            position = everything.index(statement)
            adjacent = position == previous + 1
            start = everything[previous].end if adjacent else statement.start
            if not adjacent:
                start = splice.comment_start(self.source.text, start, lambda line: line not in self.comments)
                pieces.append("\n" if pieces else "")
            pieces.append(self.source.text[start : statement.end])
            previous = position
        return "".join(pieces).rstrip("\n") + "\n"

    def add_block(self, path: Path, block: str) -> None:
        at = self.end_of_family(path)
        self.splices.append(splice.insertion(self.text, at, ("\n" if at else "") + block, rank=1))

    def add_entries(self, table: Path, lines: list[str]) -> None:
        under = self.document.under(table)
        if table and not under:
            self.add_block(table, toml_emit.header(table) + "".join(lines))
            return
        entries = [s for s in under if s.table == table] or [s for s in under if s.value and len(s.table) < len(table)]
        if entries:
            at = entries[-1].end
        elif table:
            at = splice.comment_start(self.text, under[0].start)
            lines = [toml_emit.header(table), *lines, "\n"]
        else:
            first = self.document.statements[0].start if self.document.statements else len(self.text)
            at = splice.comment_start(self.text, first)
            lines = [*lines, "\n"] if self.document.statements else lines
        self.splices.append(splice.insertion(self.text, at, "".join(lines)))

    def end_of_family(self, path: Path) -> int:
        """Where a new table goes: after the last table that shares the longest part of its path, or at the end."""
        statements = self.document.statements
        for length in range(len(path) - 1, 0, -1):
            family = self.document.under(path[:length])
            if family:
                return max(s.end for s in statements if s.table == family[-1].table)
        return statements[-1].end if statements else len(self.text)
