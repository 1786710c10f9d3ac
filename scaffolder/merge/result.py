"""What a merge gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of merging one file.

    Attributes:
        text: the merged file; conflicts are marked in the style of diff3 (text, Markdown) or keep the user's value.
        conflicts: one sentence each, for a person; empty when the merge is clean.
    """

    text: str
    conflicts: tuple[str, ...] = ()
