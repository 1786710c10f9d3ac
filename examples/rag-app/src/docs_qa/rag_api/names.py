"""Names of uploads: they become ids of documents and names of files."""

from __future__ import annotations

import unicodedata

LONGEST = 200


def clean(name: str) -> str:
    """The name of an uploaded document: one part of a path, in one spelling.

    Unicode is normalised (NFC), because systems spell the same name differently.

    Raises:
        ValueError: it cannot be one; the message says why.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise ValueError("the name is empty")
    if len(name.encode("utf-8", "replace")) > LONGEST:
        raise ValueError(f"the name has more than {LONGEST} bytes")
    if "/" in name or "\\" in name:
        raise ValueError("the name must not be a path")
    if name.startswith("."):
        raise ValueError("the name must not start with a dot")
    # Cc: control, Cf: invisible (such as marks that turn the text around), Cs: half a character
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in name):
        raise ValueError("the name holds invisible characters")
    return name
