"""Where the evaluation finds things, and what it decides by: `config/evaluation.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PATH = Path("config/evaluation.toml")


class EvaluationConfig(BaseModel):
    """The file config/evaluation.toml; every key has a default.

    Attributes:
        documents: folder of the documents that the questions are about.
        questions: the questions.
        baseline: what the gate compares with.
        work_dir: the evaluation's own index and the verdicts of a judge; may be deleted.
        tolerance: how much worse than the baseline a metric may be before the gate fails.
        wrong: what a wrong answer costs, in right answers; see `abstention`.
        seed: of resampling and of generated questions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    documents: Path = Path("documents")
    questions: Path = Path("evaluation/questions.jsonl")
    baseline: Path = Path("evaluation/baseline.json")
    work_dir: Path = Path("data/evaluation")
    tolerance: float = Field(default=0.02, ge=0, le=1)
    wrong: float = Field(default=0.5, ge=0)
    seed: int = 20260101


def load(path: Path = PATH) -> EvaluationConfig:
    """Read the file; defaults where it is missing.

    Raises:
        ValueError: it is no TOML, or a key or value is wrong; the message names the file.
    """
    if not path.exists():
        return EvaluationConfig()
    try:
        return EvaluationConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error
