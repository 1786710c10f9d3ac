"""General examples: what the base model could do before it learned the task."""

from __future__ import annotations

from pathlib import Path

from text2json.llm.settings import load_settings as model_settings

from .rows import Message, Row, read


def made_here() -> bool:
    """Whether the configured base is one that `make base` pretrained, which leaves a card."""
    return (Path(model_settings().model) / "card.json").is_file()


def rows(count: int, seed: int, file: Path | None = None) -> list[Row]:
    """The first `count` rows of a file; without one, examples that the small base never read.

    None where there is no file and the base is another one: what that can do is not known here.

    Args:
        count: the most that there will be.
        seed: of the generated examples; another seed gives others.
        file: rows of your own.

    Raises:
        DataError: the file cannot be read.
    """
    if file is not None:
        return read(file)[:count]
    if not made_here():
        return []
    from text2json.pretraining.train import general

    return [
        Row(
            id=f"general-{seed}-{number:05}",
            messages=tuple(Message.model_validate(message) for message in messages),
            family=kind,
        )
        for number, (kind, messages) in enumerate(general(count, seed))
    ]
