"""Where the lines of a YAML node end, and moving lines to another column."""

from __future__ import annotations

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from scaffolder.merge.splice import line_end
from scaffolder.merge.splice import lines as split


def end(text: str, node: Node) -> int:
    """The end of a node's last character; the end mark of a block also covers the blank lines and comments after it.

    Raises:
        ValueError: the node ends with an alias, whose position is not known.
    """
    start, stop = node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode):
        return start + len(text[start:stop].rstrip()) if node.style in {"|", ">"} else stop
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        return int(stop)
    if not isinstance(node, MappingNode):
        return _after(text, node.start_mark.index, node.value[-1])
    key, value = node.value[-1]
    if value.start_mark.index < key.end_mark.index:  # an alias: its line holds nothing else
        return line_end(text, key.end_mark.index) - 1
    return end(text, value)


def _after(text: str, start: int, node: Node) -> int:
    if node.start_mark.index < start:
        raise ValueError("the list ends with an alias")
    return end(text, node)


def spans(node: Node | None) -> list[tuple[int, int]]:
    """Where the items of a flow collection are."""
    items = node.value if isinstance(node, CollectionNode) else []
    ends = [item if isinstance(item, tuple) else (item, item) for item in items]
    return [(first.start_mark.index, last.end_mark.index) for first, last in ends]


def is_empty_flow(node: Node | None) -> bool:
    """Whether the node is written `[]` or `{}`."""
    return isinstance(node, CollectionNode) and not node.value


def shifted(lines: str, columns: int) -> str:
    """Whole lines moved to the right by `columns`, or to the left where that is negative."""

    def shift(line: str) -> str:
        if not line.strip():
            return line
        if columns >= 0:
            return " " * columns + line
        return line[min(-columns, len(line) - len(line.lstrip(" "))) :]

    return "".join(map(shift, split(lines)))
