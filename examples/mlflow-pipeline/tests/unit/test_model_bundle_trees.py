"""Trees as ONNX: categories, missing values and split points, against a walk in plain Python."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from payments_loop.bundle import session
from payments_loop.bundle.schema import INPUT, OUTPUT
from payments_loop.bundle.trees import Ensemble, floor32, to_onnx

# Tree 0: x0 <= 0.1 (missing goes right), then x1 == 2. Tree 1: x0 <= 5 (missing goes left).
TREES = Ensemble(
    tree=np.array([0, 0, 0, 0, 0, 1, 1, 1]),
    node=np.array([0, 1, 2, 3, 4, 0, 1, 2]),
    leaf=np.array([False, True, False, True, True, False, True, True]),
    feature=np.array([0, 0, 1, 0, 0, 0, 0, 0]),
    threshold=np.array([0.1, 0, 2, 0, 0, 5, 0, 0]),
    equal=np.array([False, False, True, False, False, False, False, False]),
    left=np.array([1, 0, 3, 0, 0, 1, 0, 0]),
    right=np.array([2, 0, 4, 0, 0, 2, 0, 0]),
    missing_left=np.array([False] * 5 + [True, False, False]),
    value=np.array([0, -1.0, 0, 2.0, 0.5, 0, 0.25, -0.25]),
    base=-0.5,
    width=2,
)


def _walk(x: float, category: float) -> float:
    score = -0.5
    if not math.isnan(x) and x <= 0.1:
        score += -1
    else:
        score += 2 if category == 2 else 0.5
    score += 0.25 if math.isnan(x) or x <= 5 else -0.25
    return 1 / (1 + math.exp(-(1.5 * score + 0.1)))


def test_every_path_gives_its_leaf() -> None:
    tenth = np.float32(0.1)  # 0.1000000015, above the split point
    below = np.nextafter(tenth, np.float32(0))
    X = np.array(
        [[x, c] for x in (-1, below, tenth, 5, 6, np.nan) for c in (0, 2, np.nan)],
        dtype=np.float32,
    )
    found = session(to_onnx(TREES, 1.5, 0.1)).run([OUTPUT], {INPUT: X})[0]
    expected = [_walk(float(x), float(category)) for x, category in X]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@given(
    arrays(np.float64, 20, elements=st.floats(-1e9, 1e9)),
    arrays(np.float32, 20, elements=st.floats(-1e9, 1e9, width=32)),
)
def test_rounding_a_split_down_moves_no_float32(
    splits: NDArray[np.float64],
    values: NDArray[np.float32],
) -> None:
    np.testing.assert_array_equal(
        values.astype(np.float64) <= splits,
        values <= floor32(splits),
    )
