"""How the files of a repository are written."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from scaffolder.facts.repository import Repository

_MOST_FILES = 200


@dataclass(frozen=True)
class Style:
    """What most files have.

    Attributes:
        indent: of Python code: a number of spaces, "tab", or "" where nothing shows it.
    """

    line_ends: Literal["lf", "crlf"]
    indent: str


def find(repository: Repository) -> Style:
    """Look at Python files first, at some of many."""
    code = repository.matching(r".*\.py")
    shown = code or repository.matching(r".*\.(md|toml|cfg|ya?ml|txt)")
    windows, indents = 0, Counter[str]()
    for path in shown[:_MOST_FILES]:
        try:
            data = (repository.root / path).read_bytes()
        except OSError:
            continue
        windows += 1 if data.count(b"\r\n") * 2 > data.count(b"\n") else -1
        match = re.search(rb":[ \t]*\r?\n(\t| +)\S", data) if path in code else None
        if match:
            indents["tab" if match[1] == b"\t" else str(len(match[1]))] += 1
    return Style("crlf" if windows > 0 else "lf", indents.most_common(1)[0][0] if indents else "")
