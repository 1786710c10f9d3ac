"""`config/scoring.toml`: how days are scored."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

CONFIG = Path("config") / "scoring.toml"


class ScoringError(Exception):
    """A day cannot be scored; the message says why and what would help."""


class ScoringSettings(BaseModel):
    """The contents of `config/scoring.toml`.

    Attributes:
        explain: which rows get reasons: those with the positive decision, all, or none.
        reasons: how many features are named per row at most.
        fill_days: how many days before now are looked at for missing scores by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    explain: Literal["positive", "all", "none"] = "positive"
    reasons: int = Field(default=3, ge=1, le=10)
    fill_days: int = Field(default=7, ge=1)

    @classmethod
    def load(cls, root: Path = Path()) -> ScoringSettings:
        """Read the settings of the project in `root`; defaults where there is no file.

        Raises:
            ScoringError: the file is malformed.
        """
        path = root / CONFIG
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()
        except (ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScoringError(f"{path}: {error}") from error
