"""Markdown by sections: a section is a heading of level two, outside code, and what follows up to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffolder.errors import CatalogError
from scaffolder.merge import splice
from scaffolder.merge import text as plain_text
from scaffolder.merge.result import Merged

_HEADING = re.compile(r" {0,3}##[ \t]+(\S.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$")
_NUMBERED = re.compile(r"(\d+) +(\S.*)")

#: A section's identity: its heading, and how many sections before it have the same; the preamble is ("", 0).
Name = tuple[str, int]
_PREAMBLE: Name = ("", 0)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its text; the preamble has no heading."""

    name: Name
    text: str


def sections(text: str) -> list[Section]:
    """The preamble (perhaps empty) and the sections, which together are `text`."""
    chunks: list[tuple[str, list[str]]] = [("", [])]
    fence = ""
    for line in splice.lines(text):
        match = _FENCE.match(line.rstrip("\n"))
        if fence:
            if match and match[1].startswith(fence) and not match[2].strip():
                fence = ""
        elif match:
            fence = match[1]
        elif heading := _HEADING.match(line.rstrip("\n")):
            chunks.append((heading[1], []))
        chunks[-1][1].append(line)
    seen: dict[str, int] = {}
    found = []
    for heading_text, lines in chunks:
        count = seen[heading_text] = seen.get(heading_text, -1) + 1
        found.append(Section((heading_text, count), "".join(lines)))
    return found


def merge(base: str | None, ours: str, theirs: str) -> Merged:
    """Three-way merge by heading; what both sides changed is merged line by line."""
    old, mine, new = ({section.name: section.text for section in sections(side)} for side in (base or "", ours, theirs))
    conflicts: list[str] = []
    result: dict[Name, str] = {}
    for name, text in mine.items():
        before, incoming = old.get(name), new.get(name)
        if incoming is None:
            if before is None or _bare(text) != _bare(before):
                result[name] = text  # the user's own, or edited by the user
            continue
        merged = _merged(before, text, incoming)
        result[name] = merged.text
        if merged.conflicts:
            conflicts.append(f"{_title(name)}: changed by you and by the incoming version")
    order = list(new)
    names = list(result)
    for position, name in enumerate(order):
        if name not in old and name not in mine:
            result[name] = new[name]
            names.insert(_place(names, order, position), name)
    if result == mine:
        return Merged(ours, tuple(conflicts))
    return Merged(_joined([result[name] for name in names]), tuple(conflicts))


def assemble(preamble: str, additions: Sequence[tuple[str, str]]) -> str:
    """Append sections to a text.

    Args:
        preamble: the text that is there, perhaps with sections.
        additions: ("NN Heading", text) of the whole stack; ordered by the number, and as they come where it is equal.
            A heading that is there already gets the further text at its end.

    Raises:
        CatalogError: a heading without a number, or a text that contains a section of its own.
    """
    numbered = []
    for heading, body in additions:
        match = _NUMBERED.fullmatch(heading.strip())
        if not match:
            raise CatalogError(
                f'section "{heading}": a number that orders it is missing', next_step='write "50 Heading"'
            )
        if len(sections(body)) > 1:
            raise CatalogError(
                f'section "{heading}": its text has a heading of level 2', next_step="use ### inside sections"
            )
        numbered.append((int(match[1]), match[2], body.strip("\n").rstrip()))
    before = {section.name: section.text for section in sections(preamble)}
    found = dict(before)
    for _, heading, body in sorted(numbered, key=lambda entry: entry[0]):
        old = found.get((heading, 0), f"## {heading}\n")
        if body not in old or not body:
            found[heading, 0] = f"{old.rstrip()}\n\n{body}".rstrip() + "\n"
    return preamble if found == before else _joined(list(found.values()))


def add_all(path: str, text: str, fragments: Sequence[Mapping[str, object]]) -> str:
    """Append the sections of all fragments, which map "NN Heading" to text.

    Raises:
        CatalogError: as `assemble`, or a text that is not a string.
    """
    additions = []
    for fragment in fragments:
        for heading, body in fragment.items():
            if not isinstance(body, str):
                raise CatalogError(f'{path}: section "{heading}" must be a string')
            additions.append((heading, body))
    try:
        return assemble(text, additions) if additions else text
    except CatalogError as error:
        raise CatalogError(f"{path}: {error.what}", next_step=error.next_step) from None


def _merged(base: str | None, ours: str, theirs: str) -> Merged:
    """Merge one section; blank lines at its end belong to its place in the file and are not compared."""
    bare = (None if base is None else _bare(base), _bare(ours), _bare(theirs))
    if bare[2] in (bare[0], bare[1]):
        return Merged(ours)
    merged = plain_text.merge(*bare)
    end = ours[len(ours.rstrip()) :] or "\n"
    return Merged(merged.text.rstrip("\n") + end, merged.conflicts)


def _bare(text: str) -> str:
    return text.rstrip() + "\n" if text.strip() else ""


def _title(name: Name) -> str:
    return f'section "{name[0]}"' if name != _PREAMBLE else "before the first section"


def _place(names: list[Name], order: list[Name], position: int) -> int:
    """Where a section goes: after the nearest one before it in `order` that is there, else before one after it."""
    for before in reversed(order[:position]):
        if before in names and before != _PREAMBLE:
            return names.index(before) + 1
    for after in order[position + 1 :]:
        if after in names:
            return names.index(after)
    return len(names)


def _joined(texts: Sequence[str]) -> str:
    """Sections one after another with at least one blank line between, and one newline at the end."""

    def parts() -> Iterator[str]:
        filled = [text for text in texts if text.strip()]
        for text in filled[:-1]:
            blanks = text[len(text.rstrip()) :].count("\n")
            yield text if blanks > 1 else text.rstrip() + "\n\n"
        if filled:
            yield filled[-1].rstrip() + "\n"

    return "".join(parts())
