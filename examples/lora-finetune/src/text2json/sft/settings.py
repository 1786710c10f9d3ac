"""`config/data.toml`, typed."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import DataError

PATH = Path("config/data.toml")


class Settings(BaseModel):
    """Where rows come from and how they are split.

    Attributes:
        source: a JSONL file of your own; without one, the warehouse desk is generated.
        folder: where the splits go.
        train, validation, test: rows that are generated; of a file, the last two are shares of it.
        near: Jaccard similarity of word triples from which two rows are the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Path | None = None
    folder: Path = Path("data/sft")
    seed: int = Field(default=11, ge=0)
    train: int = Field(default=3600, ge=8)
    validation: int = Field(default=150, ge=4)
    test: int = Field(default=300, ge=6)
    near: float = Field(default=0.9, gt=0, le=1)


def load_settings(path: Path = PATH) -> Settings:
    """Read the file; a missing one means the defaults.

    Raises:
        DataError: it is not TOML, or a key is wrong; the message names it.
    """
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Settings()
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
