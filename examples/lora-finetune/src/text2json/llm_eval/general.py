"""The general set: what the base model could do before, to see what fine-tuning made it forget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from text2json.llm import Loaded, generate
from text2json.llm.settings import load_settings as model_settings
from text2json.sft.rows import Message, Row, read

from .answers import room
from .settings import EvaluationError, Settings


def made_here() -> bool:
    """Whether the configured base is one that `make base` pretrained, which leaves a card."""
    return (Path(model_settings().model) / "card.json").is_file()


def rows(settings: Settings) -> list[Row]:
    """Rows of the file that is configured, else held-out examples of the pretraining corpus.

    Raises:
        EvaluationError: there is no file, and the base is another one.
    """
    if settings.general_file is not None:
        return read(settings.general_file)[: settings.general]
    if not made_here():
        raise EvaluationError(
            "config/llm-eval.toml: general_file must name rows on which forgetting is measured; "
            "those by default are what the small base of `make base` learned"
        )
    from text2json.pretraining.train import general

    return [
        Row(
            id=f"general-{number:04}",
            messages=tuple(Message.model_validate(message) for message in messages),
            family=kind,
        )
        for number, (kind, messages) in enumerate(general(settings.general))
    ]


def scores(loaded: Loaded, asked: Sequence[Row], settings: Settings) -> list[bool]:
    """Whether each answer is the expected one, up to spaces at its ends."""
    said = generate(
        loaded,
        [row.question for row in asked],
        max_new_tokens=room(loaded, asked, settings),
        batch=settings.batch,
    )
    return [found.strip() == row.answer.strip() for found, row in zip(said, asked, strict=True)]
