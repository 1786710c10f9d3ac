"""Customer history: equal to the obvious slow computation, and blind to the future."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fraud_scoring.data.history import Floats, History, Ints

PAYMENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 100)),
    min_size=1,
    max_size=40,
)


def _columns(payments: list[tuple[int, int, int]]) -> tuple[Ints, Ints, Floats]:
    customer, time, amount = np.array(payments).T
    return customer, time, amount.astype(np.float64)


def _features(payments: list[tuple[int, int, int]]) -> Floats:
    customer, time, amount = _columns(payments)
    history = History(customer, time)
    return np.column_stack(
        [
            history.seconds_since_last(),
            history.count(10),
            history.total(amount, 10),
            history.mean(amount, at_least=2),
        ]
    )


def _slowly(payments: list[tuple[int, int, int]]) -> Floats:
    rows = []
    for customer, time, _ in payments:
        earlier = [(t, a) for c, t, a in payments if c == customer and t < time]
        recent = [a for t, a in earlier if t >= time - 10]
        last = time - max(t for t, _ in earlier) if earlier else np.nan
        usual = np.mean([a for _, a in earlier]) if len(earlier) >= 2 else np.nan
        rows.append([last, len(recent), sum(recent), usual])
    return np.array(rows, dtype=np.float64)


@given(PAYMENTS)
def test_equals_the_slow_computation(payments: list[tuple[int, int, int]]) -> None:
    np.testing.assert_allclose(_features(payments), _slowly(payments))


@given(PAYMENTS, PAYMENTS)
def test_later_payments_change_nothing(
    payments: list[tuple[int, int, int]],
    planted: list[tuple[int, int, int]],
) -> None:
    newest = max(time for _, time, _ in payments)
    future = [(customer, newest + time, amount) for customer, time, amount in planted]
    with_future = _features(payments + future)[: len(payments)]
    np.testing.assert_allclose(with_future, _features(payments))
