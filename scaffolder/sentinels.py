"""Names that stand for answers in template files and paths.

Template files are real code whose names are sentinels (`my_project`, `my-project`, `My Project`), so that they lint,
parse and run before rendering.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Sentinel -> the answer that it stands for.
SENTINELS = {"my_project": "package_name", "my-project": "project_name", "My Project": "project_title"}
SENTINEL = re.compile("|".join(map(re.escape, SENTINELS)))
#: What every other template syntax begins with.
SYNTAX = "{@"


def replace(text: str, answers: Mapping[str, Any]) -> str:
    """Put the answers in the place of the sentinels."""
    return SENTINEL.sub(lambda match: str(answers[SENTINELS[match[0]]]), text)


# Characters of the private use area, which no text has.
_MARKS = {sentinel: chr(0xE000 + number) for number, sentinel in enumerate(SENTINELS)}


def hide(text: str) -> str:
    """Put a mark in the place of every sentinel, so that Jinja does not see them and answers that say the same stay."""
    return SENTINEL.sub(lambda match: _MARKS[match[0]], text)


def reveal(text: str, answers: Mapping[str, Any]) -> str:
    """Put the answers in the place of the marks."""
    for sentinel, mark in _MARKS.items():
        text = text.replace(mark, str(answers[SENTINELS[sentinel]]))
    return text
