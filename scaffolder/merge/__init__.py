"""Three-way merges of single files by their kind; text in, text out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from scaffolder.merge.result import Merged

if TYPE_CHECKING:
    from scaffolder.merge.model import Edit

__all__ = ["Merged", "add_all", "edit", "is_structural", "merge_text"]

Kind = Literal["toml", "yaml", "markdown", "lines", "text"]
_SUFFIXES: Mapping[str, Kind] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".md": "markdown"}
_LINES = re.compile(r"\.(git|docker|helm|npm)ignore|\.env(\.[\w.-]+)?|requirements[\w.-]*\.(txt|in)")
_REQUIREMENTS = re.compile(r"(?:.*/)?requirements/[\w.-]+\.(txt|in)")


def kind_of(path: str) -> Kind:
    """How the file is merged."""
    name = PurePosixPath(path)
    if name.name == "Pipfile":
        return "toml"
    if _LINES.fullmatch(name.name) or _REQUIREMENTS.fullmatch(path):
        return "lines"
    return _SUFFIXES.get(name.suffix.lower(), "text")


def is_structural(path: str) -> bool:
    """Whether two files that have no common ancestor can be merged, because their kind says what belongs together."""
    return kind_of(path) != "text"


def merge_text(path: str, base: str | None, ours: str, theirs: str) -> Merged:
    """Carry the difference from `base` to `theirs` over to `ours`, whose format, comments and line ends are kept.

    TOML and YAML are merged by key, Markdown by section, ignore files and the like by line; everything else, and what
    does not parse as its kind, by git.

    Args:
        path: relative to the project; only its name counts.
        base: None where the two sides have no common ancestor.

    Raises:
        EnvironmentLacksError: git is needed and not installed.
    """
    bare = [None if side is None else _bare(side) for side in (base, ours, theirs)]
    old, mine, new = bare[0], bare[1] or "", bare[2] or ""
    if new in (old, mine):
        return Merged(ours)
    if mine == old:
        return Merged(_like(ours, new) if "\n" in ours else theirs)
    merged = _merge(kind_of(path), path, old, mine, new)
    return Merged(ours if merged.text == mine else _like(ours, merged.text), merged.conflicts)


def add_all(path: str, text: str, fragments: Sequence[Mapping[str, Any]]) -> str:
    """Add what components contribute to a shared file.

    Args:
        path: relative to the project; its name says the kind.
        fragments: in the order of the stack. TOML and YAML: tables to unite with the file's; Markdown: "NN Heading" ->
            text, ordered by the number; else `{"lines": [...]}`.

    Raises:
        CatalogError: fragments contradict the file or one another (path and key are named), or have the wrong form.
    """
    bare = _bare(text)
    kind = kind_of(path)
    if kind in {"toml", "yaml"}:
        from scaffolder.merge import documents

        added = documents.add_all(*_format(kind), path, bare, fragments)
    elif kind == "markdown":
        from scaffolder.merge import markdown

        added = markdown.add_all(path, bare, fragments)
    else:
        from scaffolder.merge import lines

        added = lines.add_all(path, bare, fragments)
    return text if added == bare else _like(text, added)


def edit(path: str, text: str, edits: Iterable[Edit]) -> str | None:
    """A TOML or YAML text with edits made, everything else as it is; None where its layout does not allow that."""
    form, _ = _format(kind_of(path))
    try:
        document = form.parse(_bare(text))
        edited: str = form.apply(document, list(edits), document, lambda _: False)
        form.parse(edited)
    except ValueError:
        return None
    return _like(text, edited)


def _merge(kind: Kind, path: str, base: str | None, ours: str, theirs: str) -> Merged:
    if kind == "lines":
        from scaffolder.merge import lines

        return lines.merge(path, base, ours, theirs)
    if kind == "markdown":
        from scaffolder.merge import markdown

        return markdown.merge(base, ours, theirs)
    if kind == "text":
        from scaffolder.merge import text

        return text.merge(base, ours, theirs)
    from scaffolder.merge import documents

    return documents.merge(*_format(kind), base, ours, theirs)


def _format(kind: Kind) -> tuple[Any, Any]:
    """The module of a format, and how it tells the items of lists apart; imported when needed, as start-up counts."""
    if kind == "toml":
        from scaffolder.merge import requirements, toml

        return toml, requirements.items_at
    from scaffolder.merge import conda, yaml

    return yaml, conda.items_at


def _bare(text: str) -> str:
    """Without a byte order mark, and with line feeds only."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _like(model: str, text: str) -> str:
    """The text with the line ends that most lines of `model` have, and its byte order mark."""
    windows = model.count("\r\n")
    if windows * 2 > model.count("\n"):
        text = text.replace("\n", "\r\n")
    return "\ufeff" + text if model.startswith("\ufeff") else text
