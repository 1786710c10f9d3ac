"""`config/retraining.toml`: when to train again, and what a new version must survive."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = Path("config/retraining.toml")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


class SettingsError(Exception):
    """The file is missing or wrong; the message names the file and the key."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Decide(_Part):
    """Guards of every race, see the comments in the file."""

    weekdays: tuple[Weekday, ...] = ("monday",)
    minimum_fresh_rows: int = Field(default=2000, ge=0)
    combine: Literal["any", "all"] = "any"


class AlarmTrigger(_Part):
    """Fires when the monitor raises one of `alarms`."""

    alarms: tuple[str, ...]
    cool_down_days: float = Field(default=7, ge=0)


class AgeTrigger(_Part):
    """Fires when the champion has been champion for `maximum_days`."""

    maximum_days: float = Field(default=60, gt=0)
    cool_down_days: float = Field(default=28, ge=0)


class Triggers(_Part):
    """What can start a race."""

    performance: AlarmTrigger = AlarmTrigger(alarms=("performance_drop", "calibration_off"))
    drift: AlarmTrigger = AlarmTrigger(
        alarms=("feature_drift", "prediction_drift"),
        cool_down_days=28,
    )
    age: AgeTrigger = AgeTrigger()


class Race(_Part):
    """Rows for training and for judging, in days."""

    holdout_days: int = Field(default=7, ge=1)
    first_holdout_days: int = Field(default=21, ge=1)
    recent_days: int = Field(default=28, ge=1)


class Canary(_Part):
    """The last look before a promotion."""

    days: int = Field(default=1, ge=1)
    factor: float = Field(default=5.0, gt=1)
    promotion: Literal["automatic", "approval"] = "automatic"


class Rollback(_Part):
    """The look back after a promotion."""

    watch_days: float = Field(default=42, ge=0)
    minimum_rows: int = Field(default=1000, ge=1)
    alpha: float = Field(default=0.01, gt=0, lt=0.5)


class RetrainingSettings(_Part):
    """All of the file."""

    decide: Decide = Decide()
    triggers: Triggers = Triggers()
    race: Race = Race()
    canary: Canary = Canary()
    rollback: Rollback = Rollback()


def load(path: Path = FILE) -> RetrainingSettings:
    """Read the settings.

    Raises:
        SettingsError: there is no such file, it is no TOML, or a value is not allowed.
    """
    try:
        return RetrainingSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {key}: {first['msg']}") from error
