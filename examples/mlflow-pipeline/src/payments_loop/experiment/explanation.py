"""Why a bundle's model says what it says; needs the files beside the model, not the training."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from payments_loop.bundle import Bundle, session
from payments_loop.bundle.schema import INPUT, OUTPUT

from .calibration import Calibration
from .errors import ExperimentError
from .fit import Fitted

if TYPE_CHECKING:
    from lightgbm import Booster

BOOSTER = "booster.txt"
BASELINE = "baseline.onnx"
CALIBRATION = "calibration.json"

_CALIBRATION = TypeAdapter(Calibration)


def files(fitted: Fitted) -> dict[str, bytes]:
    """What is stored in the bundle besides the model."""
    return {
        BASELINE: fitted.baseline,
        BOOSTER: fitted.booster.encode(),
        CALIBRATION: _CALIBRATION.dump_json(fitted.calibration),
    }


def explain(bundle: Bundle | Path, X: NDArray[np.float32]) -> NDArray[np.float64]:
    """What each feature adds to the log-odds of each row [N, F], compared with an average row.

    Shapley values: those of a row sum to its log-odds less the average. About a millisecond a row,
    so explain what somebody will look at.

    Raises:
        ExperimentError: the bundle was not made by an experiment.
    """
    from .boosting import contributions

    path = _path(bundle)
    calibration = _CALIBRATION.validate_json(_read(path / CALIBRATION))
    if not len(X):
        return np.empty(X.shape)
    parts = contributions(_booster(path / BOOSTER), X, threads=1)
    return calibration.slope * parts[:, :-1]


def reasons(
    bundle: Bundle | Path,
    X: NDArray[np.float32],
    top: int = 3,
) -> list[tuple[str, ...]]:
    """Features that raise the probability of each row [N, F] most, the strongest first.

    There are fewer than `top` where fewer raise it.

    Raises:
        ExperimentError: the bundle was not made by an experiment.
    """
    loaded = bundle if isinstance(bundle, Bundle) else Bundle.load(bundle)
    names = [feature.name for feature in loaded.features]
    found = explain(loaded, X)
    order = np.argsort(-found, axis=1, kind="stable")[:, :top]
    return [
        tuple(names[column] for column in columns if row[column] > 0)
        for row, columns in zip(found, order, strict=True)
    ]


def baseline(bundle: Bundle | Path, X: NDArray[np.float32]) -> NDArray[np.float32]:
    """P(positive) [N] by the logistic regression that was fitted on the same rows as the model.

    Raises:
        ExperimentError: the bundle was not made by an experiment.
    """
    result: NDArray[np.float32] = session(baseline_model(bundle)).run([OUTPUT], {INPUT: X})[0]
    return result


def baseline_model(bundle: Bundle | Path) -> bytes:
    """The same regression as ONNX.

    Raises:
        ExperimentError: the bundle was not made by an experiment.
    """
    return _read(_path(bundle) / BASELINE)


def _path(bundle: Bundle | Path) -> Path:
    return bundle.path if isinstance(bundle, Bundle) else bundle


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExperimentError(
            f"{path}: {error.strerror}; only bundles made by an experiment have it",
        ) from error


def _booster(path: Path) -> Booster:
    return _parsed(_read(path).decode())


@lru_cache(maxsize=4)
def _parsed(text: str) -> Booster:
    from lightgbm import Booster

    return Booster(model_str=text)
