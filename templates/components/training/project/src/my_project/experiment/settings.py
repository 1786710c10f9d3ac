"""`config/training.toml`, typed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import ExperimentError

PATH = Path("config/training.toml")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Data(_Section):
    """Which rows are used.

    Attributes:
        history_days: the full window reaches back so far.
        warm_up_days: the first days of the lake, whose features see too little of the past.
        calibration: share of the rows, the newest, that the model is calibrated on.
        holdout_days: of the command `experiment`: the newest days with labels, kept for judging.
    """

    history_days: int = Field(default=730, ge=1)
    warm_up_days: int = Field(default=30, ge=0)
    calibration: float = Field(default=0.2, gt=0, lt=1)
    holdout_days: int = Field(default=14, ge=1)


class Parameters(_Section):
    """Settings of the boosted trees, by the names that LightGBM gives them."""

    num_iterations: int = Field(default=200, ge=1, le=5000)
    learning_rate: float = Field(default=0.06, gt=0, le=1)
    num_leaves: int = Field(default=4, ge=2, le=1024)
    min_data_in_leaf: int = Field(default=60, ge=1)
    lambda_l2: float = Field(default=10.0, ge=0)
    feature_fraction: float = Field(default=0.8, gt=0, le=1)


class Tuning(_Section):
    """Budget of `--tune`: whichever of the two is used up first ends it.

    Attributes:
        trials: parameters that are tried, those of earlier, interrupted runs included.
        seconds: of one run.
        folds: expanding windows that each trial is judged on.
        folder: where studies are kept, so that they can be resumed.
    """

    trials: int = Field(default=30, ge=1)
    seconds: float = Field(default=600, gt=0)
    folds: int = Field(default=3, ge=2)
    folder: Path = Path("data/studies")


class Baseline(_Section):
    """The simple model that has to be beaten."""

    ridge: float = Field(default=1.0, gt=0)


class Settings(_Section):
    """The whole file."""

    seed: int = Field(default=7, ge=0)
    threads: int = Field(default=0, ge=0)
    max_parity_difference: float = Field(default=1e-5, gt=0, lt=1)
    data: Data = Data()
    model: Parameters = Parameters()
    baseline: Baseline = Baseline()
    tuning: Tuning = Tuning()


def load(path: Path = PATH) -> Settings:
    """Read and check the settings; the defaults where there is no file.

    Raises:
        ExperimentError: the file is no TOML, or has a wrong key or value; names them all.
    """
    if not path.exists():
        return Settings()
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Settings.model_validate(content)
    except OSError as error:
        raise ExperimentError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{path}: {error}") from error
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise ExperimentError(f"{path}: " + "; ".join(problems)) from error
