"""Edit an array in place: its layout, its comments and its quotes stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scaffolder.merge import toml_emit
from scaffolder.merge.model import Change
from scaffolder.merge.splice import line_end, line_start
from scaffolder.merge.toml_scan import Value


@dataclass(slots=True)
class _Item:
    """One item of an array that spans lines: the lines above it, itself, and the rest of its line after the comma."""

    lead: str
    text: str
    rest: str = ""


def edited(text: str, array: Value, change: Change, owned: Callable[[str], bool], indent: str) -> str:
    """The array with the change made.

    Args:
        owned: whether a comment line goes away with the item below it.
        indent: one level of indentation, where the array does not show its own.
    """
    first = text[array.items[0].start] if array.items else '"'
    texts = {
        index: toml_emit.value(change.replaced[index], text[item.start])
        if index in change.replaced
        else text[item.start : item.end]
        for index, item in enumerate(array.items)
    }
    inserted = {
        index: [toml_emit.value(item, first) for item in items]
        for index, items in {**change.inserted, len(array.items): change.appended}.items()
    }
    start = line_start(text, array.start)
    outer = text[start : len(text) - len(text[start:].lstrip(" \t"))]
    if "\n" in text[array.start : array.end]:
        return _on_lines(text, array, change.removed, texts, inserted, owned, outer + indent)
    items = list(inserted.get(0, ()))
    for index, item in texts.items():
        items += [] if index in change.removed else [item]
        items += inserted.get(index + 1, ())
    line = _on_one_line(text, array, items)
    around = len(text[start : line_end(text, array.end)].rstrip("\n")) - (array.end - array.start)
    if change.appended and around + len(line) > toml_emit.WIDTH:
        return toml_emit.lines(items, indent, outer)
    return line


def _on_one_line(text: str, array: Value, items: list[str]) -> str:
    if not items:
        return "[]"
    head = text[array.start : array.items[0].start] if array.items else "["
    tail = text[array.items[-1].end : array.end] if array.items else "]"
    return head + ", ".join(items) + tail


def _on_lines(
    text: str,
    array: Value,
    removed: frozenset[int],
    texts: dict[int, str],
    inserted: dict[int, list[str]],
    owned: Callable[[str], bool],
    indent: str,
) -> str:
    at = array.start + 1
    items: list[_Item] = []
    orphans = ""  # the user's comments above an item that goes
    for index, item in enumerate(array.items):
        lead, rest = orphans + text[at : item.start], text[item.end : item.stop]
        at = item.stop
        if "\n" in lead:
            indent = lead.rpartition("\n")[2]
        items += [_Item(f"\n{indent}", new) for new in inserted.get(index, ())]
        if index in removed:
            first, *others = lead.split("\n")
            kept = [line for line in others if line.strip().startswith("#") and not owned(line.strip())]
            orphans = "\n".join([first.rstrip(), *kept])
        else:
            items.append(_Item(lead, texts[index], rest.replace(",", "", 1) if item.comma else rest))
            orphans = ""
    for new in inserted[len(array.items)]:
        items.append(_Item(f"{orphans}\n{indent}", new))
        orphans = ""
    trailing = not array.items or array.items[-1].comma
    body = "".join(
        f"{item.lead}{item.text}{',' if trailing or item is not items[-1] else ''}{item.rest}" for item in items
    )
    close = orphans + text[at : array.end]
    return f"[{body}{close}" if body or orphans.strip() else "[]"
