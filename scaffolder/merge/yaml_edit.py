"""Structural edits of a YAML text that leave everything else byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scaffolder.merge import splice
from scaffolder.merge.model import Change, Drop, Edit, Path, Put, same
from scaffolder.merge.splice import Splice, line_end, line_start
from scaffolder.merge.yaml import Document, data_of, emit, indents_sequences, pairs
from scaffolder.merge.yaml_layout import end, is_empty_flow, shifted, spans


def apply(document: Document, edits: Sequence[Edit], source: Document, obsolete: Callable[[str], bool]) -> str:
    """The text of `document` with `edits` made.

    Args:
        source: where new values come from; they keep its spelling and its comments.
        obsolete: whether a comment line goes away with what is below it.

    Raises:
        ValueError: the edits touch the same place, or a place that cannot be edited on its own.
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
        self.indented = indents_sequences(document)
        self.comments = splice.comment_lines(document.text)
        self.splices: list[Splice] = []
        self.filled: dict[Path, dict[str | int, Any]] = {}  # what goes into `{}`
        self.doomed: dict[Path, set[int]] = {}  # positions of what goes from a mapping or flow list
        self.grown: set[Path] = set()  # block mappings that get new keys

    def result(self) -> str:
        for path, value in self.filled.items():
            node = self.document.find(path)
            if path and isinstance(path[-1], str):
                self.put(path, value)
            elif node:
                new = emit(value, indented=self.indented, flow=bool(path))
                self.splices.append(Splice(node.start_mark.index, node.end_mark.index, new))
        for path, positions in self.doomed.items():
            self.remove(path, positions)
        return splice.apply(self.text, self.splices)

    def put(self, path: Path, value: Any) -> None:
        parent = self.document.find(path[:-1])
        old = next(((key, node) for key, node in pairs(parent) if key.value == path[-1]), None)
        if old:
            self.replace(path, value, *old, flow=isinstance(parent, MappingNode) and bool(parent.flow_style))
        elif parent is None:
            self.insert_lines(len(self.text), self.entry(path, value, 0), 0)
        elif is_empty_flow(parent):
            self.filled.setdefault(path[:-1], {})[path[-1]] = value
        elif not isinstance(parent, MappingNode):
            raise ValueError("a key can only be put into a mapping")
        elif parent.flow_style:
            self.insert_flow(parent.value[-1][1], emit({path[-1]: value}, flow=True)[1:-1])
        else:
            column = parent.value[0][0].start_mark.column
            self.grown.add(path[:-1])
            self.insert_lines(line_end(self.text, end(self.text, parent)), self.entry(path, value, column), -2 * column)

    def replace(self, path: Path, value: Any, key: ScalarNode, node: Node, *, flow: bool) -> None:
        """Put a value in the place of another: on its line where both fit there, else all its lines anew."""
        start, stop = node.start_mark.index, end(self.text, node)
        old = self.text[start:stop]
        if flow:
            self.splices.append(Splice(start, stop, emit([value], flow=True)[1:-1]))
            return
        if old and "\n" not in old and not isinstance(value, list | dict):
            new = emit(value, quote=old[0]) if old[0] in "\"'" else self.raw(path, value) or emit(value)
            if "\n" not in new:
                self.splices.append(Splice(start, stop, new))
                return
        lines = self.entry(path, value, key.start_mark.column, comments=False).lstrip(" ")
        self.splices.append(Splice(key.start_mark.index, line_end(self.text, stop), lines))

    def drop(self, path: Path) -> None:
        parent = self.document.find(path[:-1])
        index = next(index for index, (key, _) in enumerate(pairs(parent)) if key.value == path[-1])
        self.doomed.setdefault(path[:-1], set()).add(index)

    def remove(self, path: Path, positions: set[int]) -> None:
        """Remove items of a flow collection, or entries of a mapping."""
        node = self.document.find(path)
        if not isinstance(node, MappingNode) or node.flow_style:
            self.splices += splice.without(spans(node), positions)
        elif len(positions) == len(node.value) and path and path not in self.grown:
            self.put(path, {})
        else:
            for index in positions:
                self.remove_entry(node, index)

    def remove_entry(self, parent: MappingNode, index: int) -> None:
        key, value = parent.value[index]
        at = key.start_mark.index
        if not self.text[line_start(self.text, at) : at].strip():
            self.cut_lines(at, end(self.text, value))
        elif index + 1 < len(parent.value):  # it stands after the dash of a list item, where the next key moves to
            self.splices.append(Splice(at, parent.value[index + 1][0].start_mark.index, ""))
        else:
            raise ValueError("nothing would be left of a list item")

    def change(self, change: Change) -> None:
        node = self.document.find(change.path)
        if not isinstance(node, SequenceNode):
            raise ValueError("only the items of a list can be changed")
        new = change.made(list(map(data_of, node.value)))
        kept = len(new) > len(change.appended)
        if not kept or (node.flow_style and (change.replaced or change.inserted)):
            self.put(change.path, new)
            return
        if node.flow_style:
            self.doomed.setdefault(change.path, set()).update(change.removed)
        for item in [] if node.flow_style else [node.value[index] for index in change.removed]:
            self.cut_lines(self.dash(item), end(self.text, item))
        for index, item in change.replaced.items():
            self.replace_item(change.path, node, index, item)
        for index, items in change.inserted.items():
            at = line_start(self.text, self.dash(node.value[index]))
            at = splice.comment_start(self.text, at)
            lines = "".join(self.item(change.path, node, item) for item in items)
            self.insert_lines(at, lines, 0)
        for item in change.appended:
            self.append(change.path, node, item)

    def dash(self, item: Node) -> int:
        """Where an item of a block list starts.

        Raises:
            ValueError: not on a line of its own.
        """
        at = self.text.rfind("-", 0, item.start_mark.index)
        if self.text[line_start(self.text, at) : at].strip():
            raise ValueError("a list starts on the line of another")
        return at

    def replace_item(self, path: Path, node: SequenceNode, index: int, item: Any) -> None:
        """Put an item in the place of another, whose comments stay."""
        old = node.value[index]
        start, stop = old.start_mark.index, end(self.text, old)
        was = self.text[start:stop]
        if was and "\n" not in was and not isinstance(item, list | dict):
            new = emit(item, quote=was[0] if was[0] in "\"'" else None)
            if "\n" not in new:
                self.splices.append(Splice(start, stop, new))
                return
        at = line_start(self.text, self.dash(old))
        self.splices.append(Splice(at, line_end(self.text, stop), self.item(path, node, item)))

    def append(self, path: Path, node: SequenceNode, item: Any) -> None:
        last = node.value[-1]
        quote = last.style if isinstance(last, ScalarNode) and last.style in {'"', "'"} else None
        if node.flow_style:
            self.insert_flow(last, emit(item, quote=quote) if quote else emit([item], flow=True)[1:-1])
            return
        lines = self.item(path, node, item)
        self.insert_lines(line_end(self.text, end(self.text, node)), lines, -2 * node.start_mark.column - 1)

    def item(self, path: Path, node: SequenceNode, item: Any) -> str:
        """An item of a block list as lines: quoted as the last one is, else as the source writes it."""
        last = node.value[-1]
        quote = last.style if isinstance(last, ScalarNode) and last.style in {'"', "'"} else None
        if quote and isinstance(item, str):
            return shifted(f"- {emit(item, quote=quote)}\n", node.start_mark.column)
        lines = self.copied_item(path, item, node.start_mark.column)
        return lines or shifted(emit([item], indented=self.indented) + "\n", node.start_mark.column)

    def insert_lines(self, at: int, lines: str, rank: int) -> None:
        """Insert lines; where several blocks end at one place, the lines of the innermost come first."""
        self.splices.append(splice.insertion(self.text, at, lines, rank))

    def insert_flow(self, last: Node, new: str) -> None:
        self.splices.append(Splice(last.end_mark.index, last.end_mark.index, f", {new}"))

    def cut_lines(self, at: int, stop: int) -> None:
        start = splice.comment_start(self.text, line_start(self.text, at), self.obsolete)
        self.splices.append(splice.cut(self.text, start, line_end(self.text, stop)))

    def raw(self, path: Path, value: Any) -> str:
        """A scalar as the source writes it; nothing where it does not, or not on one line."""
        node = self.source.find(path)
        if not isinstance(node, ScalarNode) or not same(data_of(node), value):
            return ""
        return self.source.text[node.start_mark.index : node.end_mark.index]

    def entry(self, path: Path, value: Any, column: int, comments: bool = True) -> str:
        """A key and its value as lines, as the source writes them where it says just that."""
        parent = self.source.find(path[:-1])
        for key, node in pairs(parent):
            flow = isinstance(parent, MappingNode) and parent.flow_style
            if key.value == path[-1] and not flow and same(data_of(node), value):
                lines = self.copied(key.start_mark.index, node, column, comments)
                if lines is not None:
                    return lines
        return shifted(emit({path[-1]: value}, indented=self.indented) + "\n", column)

    def copied_item(self, path: Path, item: Any, column: int) -> str | None:
        elements = self.source.find(path)
        if not isinstance(elements, SequenceNode) or elements.flow_style:
            return None
        node = next((node for node in elements.value if same(data_of(node), item)), None)
        return self.copied(self.source.text.rfind("-", 0, node.start_mark.index), node, column) if node else None

    def copied(self, at: int, node: Node, column: int, comments: bool = True) -> str | None:
        """The source's lines from position `at` to the end of `node`, with the comments above that are new to ours."""
        text = self.source.text
        start = line_start(text, at)
        if text[start:at].strip():
            return None
        stop = line_end(text, end(text, node))
        if comments:
            start, first = splice.comment_start(text, start, lambda line: line not in self.comments), start
        else:
            first = start
        return shifted(text[start:stop].rstrip("\n") + "\n", column - (at - first))
