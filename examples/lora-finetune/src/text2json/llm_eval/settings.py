"""`config/llm-eval.toml`, typed."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PATH = Path("config/llm-eval.toml")


class EvaluationError(Exception):
    """The evaluation cannot run; the message says why and what to do."""


class Settings(BaseModel):
    """What is evaluated.

    Attributes:
        shots: examples from training in the few-shot prompt.
        max_new_tokens: longest answer; without it, a quarter more than the longest right one needs.
        batch: rows at once.
        general: rows of the general set, on which forgetting is measured.
        general_file: rows of your own for that; without it, skills of the small base model.
        full: whether to compare with fine-tuning of all weights.
        contamination_words: length of the runs of words that are looked for in training text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    shots: int = Field(default=3, ge=1)
    max_new_tokens: int | None = Field(default=None, ge=1)
    batch: int = Field(default=75, ge=1)
    general: int = Field(default=150, ge=1)
    general_file: Path | None = None
    full: bool = True
    contamination_words: int = Field(default=8, ge=2)


def load_settings(path: Path = PATH) -> Settings:
    """Read the file; a missing one means the defaults.

    Raises:
        EvaluationError: it is not TOML, or a key is wrong; the message names it.
    """
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Settings()
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise EvaluationError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise EvaluationError(
            f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from error
