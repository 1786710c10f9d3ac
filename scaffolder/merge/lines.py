"""Files that are sets of lines with comments: .gitignore, .env.example, requirements.txt."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from scaffolder.errors import CatalogError
from scaffolder.merge import splice, structure
from scaffolder.merge import text as plain_text
from scaffolder.merge.model import Change, Items, Outcome, frozen
from scaffolder.merge.requirements import REQUIREMENTS
from scaffolder.merge.result import Merged

_VARIABLE = re.compile(r"(?:#\s?)?(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=")


def merge(path: str, base: str | None, ours: str, theirs: str) -> Merged:
    """Three-way merge: what theirs added is appended, what it removed goes, everything of the user's stays."""
    kind = _kind(path)
    outcome = _outcome(kind, base or "", ours, theirs)
    conflicts = tuple(
        f"yours {conflict.ours}, incoming {conflict.theirs or 'removes it'}" for conflict in outcome.conflicts
    )
    if base is not None and outcome.edits and not conflicts:
        merged = plain_text.merge(base, ours, theirs)
        if not merged.conflicts and frozen(_items(kind, merged.text), False) == frozen(outcome.data, False):
            return merged
    obsolete = splice.comment_lines(base or "") - splice.comment_lines(theirs)
    return Merged(_edited(kind, ours, outcome, theirs, obsolete), conflicts)


def add_all(path: str, text: str, fragments: Sequence[Mapping[str, Any]]) -> str:
    """Append each fragment's `lines`, as a block of its own, as far as they are not there yet.

    Raises:
        CatalogError: a fragment is not `{lines = [...]}`, or gives a variable or package another value than the file.
    """
    kind = _kind(path)
    for fragment in fragments:
        lines = fragment.get("lines")
        if (
            set(fragment) != {"lines"}
            or not isinstance(lines, list)
            or not all(isinstance(line, str) for line in lines)
        ):
            raise CatalogError(f'{path}: expected "lines", a list of strings')
        new = "\n".join(lines)
        outcome = _outcome(kind, "", text, new)
        for conflict in outcome.conflicts:
            why = f"one says {conflict.ours}, another {conflict.theirs}"
            raise CatalogError(f"{path}: lines: components disagree", why=why)
        text = _edited(kind, text, outcome, new, set(), loose_comments=True)
    return text


def _kind(path: str) -> Items:
    name = PurePosixPath(path).name
    if name.endswith((".txt", ".in")):
        return REQUIREMENTS
    if name.startswith(".env"):
        return Items(_variable, frozen)
    return Items(_stripped, _stripped)


def _variable(line: str) -> Hashable:
    match = _VARIABLE.match(line)
    return match[1] if match else frozen(line)


def _is_item(kind: Items, line: str) -> bool:
    """Whether a line says something: a variable that is commented out does."""
    stripped = line.strip()
    return bool(stripped) and (
        not stripped.startswith("#") or (kind.key is _variable and bool(_VARIABLE.match(stripped)))
    )


def _items(kind: Items, text: str) -> list[str]:
    return [line for line in text.split("\n") if _is_item(kind, line)]


def _outcome(kind: Items, base: str, ours: str, theirs: str) -> Outcome:
    return structure.merge(_items(kind, base), _items(kind, ours), _items(kind, theirs), lambda _: kind)


def _edited(
    kind: Items, ours: str, outcome: Outcome, theirs: str, obsolete: set[str], loose_comments: bool = False
) -> str:
    change = next((edit for edit in outcome.edits if isinstance(edit, Change)), Change((), {}, frozenset(), ()))
    splices: list[splice.Splice] = []
    at, index = 0, 0
    for line in splice.lines(ours):
        if _is_item(kind, line):
            if index in change.removed:
                start = splice.comment_start(ours, at, obsolete.__contains__)
                splices.append(splice.cut(ours, start, at + len(line)))
            elif index in change.replaced:
                splices.append(splice.Splice(at, at + len(line.rstrip("\n")), change.replaced[index]))
            index += 1
        at += len(line)
    text = splice.apply(ours, splices)
    blocks = _blocks(kind, ours, theirs, set(change.appended), loose_comments)
    if not blocks:
        return text
    return "\n\n".join([*([text.rstrip("\n")] if text.strip() else []), *blocks]) + "\n"


def _blocks(kind: Items, ours: str, theirs: str, appended: set[str], loose_comments: bool) -> list[str]:
    """The appended lines in the groups in which theirs has them, with the comments directly above."""
    known = splice.comment_lines(ours)
    blocks: list[list[str]] = [[]]
    comments: list[str] = []
    for line in [*theirs.split("\n"), ""]:
        if _is_item(kind, line):
            if line in appended:
                appended = appended - {line}
                blocks[-1] += [*comments, line]
            comments = []
        elif line.strip():
            if line.strip() not in known:
                comments.append(line)
                known.add(line.strip())
        else:
            blocks[-1] += comments if loose_comments else []
            comments = []
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def _stripped(line: Any) -> Any:
    return line.rstrip() if isinstance(line, str) else line
