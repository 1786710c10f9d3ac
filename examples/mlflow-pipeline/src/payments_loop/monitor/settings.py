"""`config/monitor.toml`: how large an effect must be before anybody is told.

These are sizes of effects. What sampling noise explains is never reported, however small the
limits: every verdict also needs an effect beyond the noise of as many rows as there are.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

CONFIG = Path("config") / "monitor.toml"


class MonitorError(Exception):
    """Nothing can be observed; the message says why."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Drift(_Section):
    """PSI from which a variable is worth a look, and from which it has drifted."""

    warning: float = Field(default=0.075, gt=0)
    alarm: float = Field(default=0.1, gt=0)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.warning > self.alarm:
            raise ValueError("warning exceeds alarm")
        return self


class Performance(_Section):
    """What is asked of decisions whose labels have matured.

    Attributes:
        long_windows: the long window is so many times the short one, for slow decay.
        auc_drop: loss of AUC against the champion's own held-out result.
        calibration: observed over expected positives, or its inverse, from which it is off.
        minimum_positives: fewer positives are not judged.
    """

    long_windows: int = Field(default=4, ge=1)
    auc_drop: float = Field(default=0.02, gt=0, lt=0.5)
    calibration: float = Field(default=1.25, gt=1)
    minimum_positives: int = Field(default=20, ge=2)


class Flow(_Section):
    """What is asked of the data that arrives.

    Attributes:
        history_days: days that a volume is compared with.
        least: share of the usual volume below which too little has arrived.
        most: multiple of the usual volume above which too much has.
        champion_days: age at which the champion is too old.
    """

    history_days: int = Field(default=28, ge=7)
    least: float = Field(default=0.5, gt=0, lt=1)
    most: float = Field(default=3, gt=1)
    champion_days: float = Field(default=90, gt=0)


class MonitorSettings(_Section):
    """The contents of `config/monitor.toml`.

    Attributes:
        false_alarm: probability, per verdict, that noise alone exceeds its limit.
    """

    false_alarm: float = Field(default=0.001, gt=0, lt=0.5)
    drift: Drift = Drift()
    performance: Performance = Performance()
    flow: Flow = Flow()

    @classmethod
    def load(cls, root: Path = Path()) -> MonitorSettings:
        """Read the settings of the project in `root`; defaults where there is no file.

        Raises:
            MonitorError: the file is malformed.
        """
        path = root / CONFIG
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()
        except (ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MonitorError(f"{path}: {error}") from error
