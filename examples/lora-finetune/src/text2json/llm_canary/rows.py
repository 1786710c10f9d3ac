"""The canary set: conversations whose last message is the right answer."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

PATH = Path("models/canary.jsonl")


class CanaryError(Exception):
    """There is no canary set, or it cannot be asked; the message says what to do."""


@dataclass(frozen=True)
class Row:
    """A question.

    Attributes:
        messages: what is asked.
        expected: the right answer.
    """

    messages: list[dict[str, str]]
    expected: str


def read(path: Path) -> list[Row]:
    """The rows of a file of JSON lines, each with `messages` that end with the answer.

    Raises:
        CanaryError: it is missing, empty, or a line is something else.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        maker = "text2json canary freeze"
        raise CanaryError(f"{path}: {error.strerror}; `{maker}` makes it") from error
    rows = [_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise CanaryError(f"{path}: has no rows")
    return rows


def freeze(source: Path, target: Path, count: int, seed: int) -> int:
    """Copy rows, drawn by `seed`, from a data set to the canary set; return how many.

    The set stays the same from then on: a change of its score is a change of the model.

    Raises:
        CanaryError: the source cannot be read.
    """
    read(source)
    lines = [line for line in source.read_text(encoding="utf-8").splitlines() if line.strip()]
    chosen = random.Random(seed).sample(lines, min(count, len(lines)))  # noqa: S311 (no secret)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(f"{line}\n" for line in chosen), encoding="utf-8")
    return len(chosen)


def _row(path: Path, number: int, line: str) -> Row:
    try:
        *messages, answer = json.loads(line)["messages"]
        asked = [{key: message[key] for key in ("role", "content")} for message in messages]
        roles = {"assistant": Row(asked, answer["content"])} if asked else {}
        return roles[answer["role"]]
    except (ValueError, KeyError, TypeError) as error:
        wanted = '{"messages": [..., {"role": "assistant", "content": ...}]}'
        raise CanaryError(f"{path}, line {number}: not {wanted}") from error
