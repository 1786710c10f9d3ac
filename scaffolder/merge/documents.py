"""Merging documents that say structured data: by text where that gives the right data, by structure elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from scaffolder.errors import CatalogError
from scaffolder.merge import splice, structure
from scaffolder.merge import text as plain_text
from scaffolder.merge.model import Conflict, Edit, ItemsAt, Outcome, frozen, same
from scaffolder.merge.result import Merged


class Document(Protocol):
    """A text and what it says."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""


D = TypeVar("D", bound=Document)


class Format(Protocol[D]):
    """A module for one format, such as `toml`."""

    def parse(self, text: str, /) -> D:
        """Parse, or raise ValueError."""

    def from_data(self, data: dict[str, Any], /, like: D) -> D:
        """A document that says `data`."""

    def apply(self, document: D, edits: Sequence[Edit], source: D, obsolete: Callable[[str], bool], /) -> str:
        """Make the edits, or raise ValueError."""


def merge(form: Format[D], items_at: ItemsAt, base: str | None, ours: str, theirs: str) -> Merged:
    """Three-way merge.

    Whatever way the text was made, it is parsed again and used only where it says what the merge of the data says.
    """
    try:
        old, mine, new = form.parse(base or ""), form.parse(ours), form.parse(theirs)
    except ValueError:
        return plain_text.merge(base, ours, theirs)
    outcome = structure.merge(old.data, mine.data, new.data, items_at)
    conflicts = tuple(map(_sentence, outcome.conflicts))
    if base is not None and not conflicts and (outcome.edits or same(old.data, new.data)):
        # Line by line, what theirs says in comments and layout comes along.
        merged = plain_text.merge(base, ours, theirs)
        if not merged.conflicts and _says(form, merged.text, outcome.data, ordered=False):
            return merged
    if not outcome.edits:
        return Merged(ours, conflicts)
    obsolete = splice.comment_lines(base or "") - splice.comment_lines(theirs)
    text = _edited(form, mine, outcome, new, obsolete)
    if text is not None:
        return Merged(text, conflicts)
    merged = plain_text.merge(base, ours, theirs)
    return Merged(merged.text, merged.conflicts or ("merged line by line only: check the result",))


def add_all(form: Format[D], items_at: ItemsAt, path: str, text: str, fragments: Sequence[Mapping[str, Any]]) -> str:
    """Add fragments of data to a document.

    Raises:
        CatalogError: a fragment contradicts the document or another fragment, or the document cannot be parsed.
    """
    try:
        document = form.parse(text)
    except ValueError as error:
        raise CatalogError(f"{path} cannot be parsed", why=str(error)) from error
    union: dict[str, Any] = {}
    for fragment in fragments:
        union = _united(path, structure.merge({}, union, dict(fragment), items_at)).data
    source = form.from_data(union, like=document)
    outcome = _united(path, structure.merge({}, document.data, source.data, items_at))
    if not outcome.edits:
        return text
    added = _edited(form, document, outcome, source, set())
    if added is None:
        raise CatalogError(
            f"{path}: what components add cannot be written into it",
            next_step="simplify the layout of the file",
        )
    return added


def _united(path: str, outcome: Outcome) -> Outcome:
    for conflict in outcome.conflicts:
        why = f"one says {conflict.ours}, another {conflict.theirs}"
        raise CatalogError(f"{path}: {conflict.key}: components disagree", why=why)
    return outcome


def _edited(form: Format[D], document: D, outcome: Outcome, source: D, obsolete: set[str]) -> str | None:
    """The document with the edits made, if it then says what it should."""
    try:
        text = form.apply(document, outcome.edits, source, obsolete.__contains__)
    except ValueError:
        return None
    return text if _says(form, text, outcome.data, ordered=True) else None


def _says(form: Format[D], text: str, data: Any, *, ordered: bool) -> bool:
    try:
        return frozen(form.parse(text).data, ordered) == frozen(data, ordered)
    except ValueError:
        return False


def _sentence(conflict: Conflict) -> str:
    incoming = "incoming removes it" if conflict.theirs is None else f"incoming {conflict.theirs}"
    return f"{conflict.key}: yours {conflict.ours}, {incoming}"
