"""Names the features that raised a score the most."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Bundle
from payments_loop.scoring import explainers

Floats = NDArray[np.float64]
# Gives what each feature adds to the score of each row, [N, F] in log-odds, or None for a model
# that it cannot explain.
Explain = Callable[[Bundle, NDArray[np.float32]], Floats | None]


def reasons(bundle: Bundle, features: NDArray[np.float32], count: int) -> list[list[str]]:
    """Per row, the names of at most `count` features that raise the score, the strongest first.

    Args:
        bundle: the model.
        features: encoded rows [N, F].
        count: names per row at most.

    Returns:
        N lists; all empty where no explainer knows this kind of model.
    """
    contributions = _contributions(bundle, features) if len(features) else None
    if contributions is None:
        return [[] for _ in features]
    names = [feature.name for feature in bundle.features]
    strongest = np.argsort(-contributions, axis=1, kind="stable")[:, :count]
    return [
        [names[column] for column in columns if row[column] > 0]
        for row, columns in zip(contributions, strongest, strict=True)
    ]


def _contributions(bundle: Bundle, features: NDArray[np.float32]) -> Floats | None:
    for explain in _explainers():
        contributions = explain(bundle, features)
        if contributions is not None:
            return contributions
    return None


def _explainers() -> Iterator[Explain]:
    for module in sorted(pkgutil.iter_modules(explainers.__path__), key=lambda found: found.name):
        found = importlib.import_module(f"{explainers.__name__}.{module.name}")
        explain: Explain = found.explain
        yield explain
