"""The general set: what the base model could do before, to see what fine-tuning made it forget."""

from __future__ import annotations

from collections.abc import Sequence

from text2json.llm import Loaded, generate
from text2json.sft import general
from text2json.sft.rows import Row

from .answers import room
from .settings import EvaluationError, Settings

SEED = 777  # not that of replay


def rows(settings: Settings, trained: Sequence[Row]) -> list[Row]:
    """Rows of the file that is configured, else held-out examples of the pretraining corpus.

    Args:
        settings: how many, and the file.
        trained: rows that were replayed in training, which are not asked.

    Raises:
        DataError: the file cannot be read.
        EvaluationError: there is no file, and the base is another one; or all rows were replayed.
    """
    found = general.rows(settings.general, SEED, settings.general_file)
    if not found:
        raise EvaluationError(
            "config/llm-eval.toml: general_file must name rows on which forgetting is measured; "
            "those by default are what the small base of `make base` learned"
        )
    known = {row.messages[:-1] for row in trained}
    asked = [row for row in found if row.messages[:-1] not in known]
    if not asked:
        raise EvaluationError(
            f"{settings.general_file}: all rows are replayed in training; name others"
        )
    return asked


def scores(loaded: Loaded, asked: Sequence[Row], settings: Settings) -> list[bool]:
    """Whether each answer is the expected one, up to spaces at its ends."""
    said = generate(
        loaded,
        [row.question for row in asked],
        max_new_tokens=room(loaded, asked, settings),
        batch=settings.batch,
    )
    return [found.strip() == row.answer.strip() for found, row in zip(said, asked, strict=True)]
