"""The world that a problem folder describes in its `world.toml`."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from payments_loop.problem import ProblemError

from .calendar import DAYS, START
from .generator import World


class WorldSettings(BaseModel):
    """The contents of `world.toml`; the fields are those of `World`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=7, ge=0)
    start: date = START
    days: int = Field(default=DAYS, ge=1)
    per_day: int = Field(default=1000, ge=1)
    incidents: bool = True


def load_world(folder: Path) -> World:
    """Make the world of a problem folder; without a `world.toml`, the default one.

    Raises:
        ProblemError: the file is malformed, or has an unknown key.
    """
    path = folder / "world.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        settings = WorldSettings.model_validate(content)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProblemError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ProblemError(f"{path}: {key}: {first['msg']}") from error
    return _make(settings)


@lru_cache(maxsize=4)
def _make(settings: WorldSettings) -> World:
    """Sources of both tables, and of every day, share a world, which remembers its frauds."""
    return World(
        seed=settings.seed,
        start=settings.start,
        days=settings.days,
        per_day=settings.per_day,
        incidents=None if settings.incidents else (),
    )
