"""The baseline: logistic regression with what a linear model needs, as an ONNX graph.

A number is brought to a logarithmic scale (with its sign) and standardised; a missing one counts
as the mean and has an indicator; categories have one column each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Feature
from payments_loop.bundle.schema import INPUT, OUTPUT

from .calibration import Calibration
from .logistic import newton

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """A fitted baseline.

    Attributes:
        mean: of the logarithms of each column [F]; 0 for categories.
        scale: their standard deviation [F]; 1 for categories.
        number: weight of each column's standardised value [F]; 0 for categories.
        missing: weight of its being missing [F].
        categories: column, code and weight of each category [K, 3].
        intercept: score of an average row.
    """

    mean: Floats
    scale: Floats
    number: Floats
    missing: Floats
    categories: Floats
    intercept: float

    def score(self, X: NDArray[np.float32]) -> Floats:
        """Log-odds [N] of encoded rows [N, F]."""
        design = _design(X, self.mean, self.scale, self.categories[:, :2])
        weights = np.concatenate([self.number, self.missing, self.categories[:, 2]])
        result: Floats = design @ weights + self.intercept
        return result


def fit_linear(
    features: Sequence[Feature],
    X: NDArray[np.float32],
    y: NDArray[np.bool_],
    ridge: float,
) -> Linear:
    """Fit the baseline on encoded rows [N, F] and their labels [N]."""
    numeric = np.array([feature.kind == "numeric" for feature in features])
    logs = np.where(numeric, _log(X), 0.0)
    known = np.where(np.isnan(logs), 0.0, logs)
    count = np.maximum((~np.isnan(logs)).sum(axis=0), 1)
    mean = known.sum(axis=0) / count
    spread = np.sqrt((np.where(np.isnan(logs), 0.0, known - mean) ** 2).sum(axis=0) / count)
    scale = np.where(spread > 0, spread, 1.0)
    codes = [
        (column, code)
        for column, feature in enumerate(features)
        for code in range(len(feature.categories or ()))
    ]
    pairs = np.array(codes, dtype=np.float64).reshape(-1, 2)
    design = _design(X, mean, scale, pairs)
    design[:, : len(features)] *= numeric
    with_constant = np.column_stack([design, np.ones(len(design))])
    pull = np.append(np.full(design.shape[1], ridge), 0.0)
    weights = newton(with_constant, y, pull, np.zeros(len(pull)))
    width = len(features)
    return Linear(
        mean=mean,
        scale=scale,
        number=weights[:width],
        missing=weights[width : 2 * width],
        categories=np.column_stack([pairs, weights[2 * width : -1]]),
        intercept=float(weights[-1]),
    )


def to_onnx(model: Linear, calibration: Calibration) -> bytes:
    """Serialise the baseline with its calibration."""
    from onnx import helper

    from payments_loop.bundle.trees import serialise

    def column(values: Floats) -> NDArray[np.float32]:
        return (calibration.slope * values).astype(np.float32).reshape(-1, 1)

    bias = calibration.slope * model.intercept + calibration.intercept
    constants: dict[str, NDArray[Any]] = {
        "zero": np.array(0, dtype=np.float32),
        "one": np.array(1, dtype=np.float32),
        "mean": model.mean.astype(np.float32),
        "scale": model.scale.astype(np.float32),
        "number": column(model.number),
        "absent": column(model.missing),
        "bias": np.array([bias], dtype=np.float32),
        "flat": np.array([-1], dtype=np.int64),
    }
    steps = [
        ("IsNaN", [INPUT], "unknown"),
        ("Where", ["unknown", "zero", INPUT], "value"),
        ("Sign", ["value"], "sign"),
        ("Abs", ["value"], "size"),
        ("Add", ["size", "one"], "larger"),
        ("Log", ["larger"], "log"),
        ("Mul", ["sign", "log"], "signed"),
        ("Sub", ["signed", "mean"], "centred"),
        ("Div", ["centred", "scale"], "standardised"),
        ("Where", ["unknown", "zero", "standardised"], "numbers"),
        ("MatMul", ["numbers", "number"], "from_numbers"),
        ("Where", ["unknown", "one", "zero"], "indicators"),
        ("MatMul", ["indicators", "absent"], "from_missing"),
        ("Add", ["from_numbers", "from_missing"], "linear"),
    ]
    total = "linear"
    if len(model.categories):
        constants["columns"] = model.categories[:, 0].astype(np.int64)
        constants["codes"] = model.categories[:, 1].astype(np.float32)
        constants["category"] = column(model.categories[:, 2])
        steps += [
            ("Gather", [INPUT, "columns"], "chosen"),
            ("Equal", ["chosen", "codes"], "is_category"),
            ("Where", ["is_category", "one", "zero"], "choices"),
            ("MatMul", ["choices", "category"], "from_choices"),
            ("Add", ["linear", "from_choices"], "all"),
        ]
        total = "all"
    steps += [
        ("Add", [total, "bias"], "logit"),
        ("Sigmoid", ["logit"], "column"),
        ("Reshape", ["column", "flat"], OUTPUT),
    ]
    options: dict[str, dict[str, Any]] = {"Gather": {"axis": 1}}
    nodes = [
        helper.make_node(kind, inputs, [output], **options.get(kind, {}))
        for kind, inputs, output in steps
    ]
    return serialise("logistic_regression", nodes, constants, len(model.mean))


def _log(X: NDArray[np.float32]) -> Floats:
    values = X.astype(np.float64)
    return np.sign(values) * np.log1p(np.abs(values))


def _design(X: NDArray[np.float32], mean: Floats, scale: Floats, pairs: Floats) -> Floats:
    """Standardised numbers [N, F], indicators of missing ones [N, F], categories [N, K]."""
    missing = np.isnan(X)
    numbers = np.where(missing, 0.0, (_log(X) - mean) / scale)
    choices = X[:, pairs[:, 0].astype(int)] == pairs[:, 1]
    return np.column_stack([numbers, missing, choices]).astype(np.float64)
