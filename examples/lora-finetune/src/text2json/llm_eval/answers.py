"""Lets a model answer rows, and scores what it says."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from text2json.llm import Loaded, generate
from text2json.sft import task
from text2json.sft.rows import Row

from .settings import Settings


@dataclass(frozen=True)
class Answered:
    """What one variant said.

    Attributes:
        name: e.g. `LoRA`.
        answers: one per row.
        correct: whether it means what is expected.
        valid: whether it follows the schema, right or wrong.
        fields: share of the fields that are right.
        seconds: for all of them.
    """

    name: str
    answers: list[str]
    correct: list[bool]
    valid: list[bool]
    fields: list[float]
    seconds: float


def answer(
    name: str,
    loaded: Loaded,
    rows: Sequence[Row],
    settings: Settings,
    *,
    shots: Sequence[Row] = (),
) -> Answered:
    """Answer every row, with `shots` as earlier turns of the conversation if there are any."""
    conversations = [with_shots(row, shots) for row in rows]
    began = time.perf_counter()
    said = generate(
        loaded, conversations, max_new_tokens=room(loaded, rows, settings), batch=settings.batch
    )
    seconds = time.perf_counter() - began
    pairs = list(zip(said, [row.answer for row in rows], strict=True))
    return Answered(
        name,
        said,
        [task.correct(found, wanted) for found, wanted in pairs],
        [task.valid(found) for found in said],
        [task.field_score(found, wanted) for found, wanted in pairs],
        seconds,
    )


def room(loaded: Loaded, rows: Sequence[Row], settings: Settings) -> int:
    """Tokens that an answer may have: whatever is longer than all right ones is wrong anyway."""
    if settings.max_new_tokens is not None:
        return settings.max_new_tokens
    answers = loaded.tokenizer([row.answer for row in rows], add_special_tokens=False)["input_ids"]
    return max(len(ids) for ids in answers) * 5 // 4 + 1


def with_shots(row: Row, shots: Sequence[Row]) -> list[Mapping[str, str]]:
    """The question of a row after the questions and answers of `shots`."""
    system = [m for m in row.question if m["role"] == "system"]
    turns = [m for m in row.question if m["role"] != "system"]
    earlier = [m.model_dump() for shot in shots for m in shot.messages if m.role != "system"]
    return [*system, *earlier, *turns]


def choose_shots(train: Sequence[Row], count: int) -> list[Row]:
    """Examples of as many different calls as possible; always the same ones."""
    chosen: list[Row] = []
    seen: set[str] = set()
    for row in sorted(train, key=lambda row: (len(row.asked), row.id)):
        kind = row.composition.split("/")[0] or row.family
        # Very short ones show little.
        if kind not in seen and ("/1/" in row.composition or "/" not in row.composition):
            seen.add(kind)
            chosen.append(row)
        if len(chosen) == count:
            return chosen
    return [*chosen, *(row for row in train if row not in chosen)][:count]
