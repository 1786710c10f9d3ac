"""The circuit breaker, with a clock that the tests move."""

from __future__ import annotations

from docs_qa.rag.breaker import CircuitBreaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(3, 30, clock)
    for _ in range(3):
        assert breaker.allow()
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = CircuitBreaker(2, 30, Clock())
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allow()


def test_open_it_says_when_to_come_back() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 10
    assert not breaker.allow()
    assert breaker.retry_after == 20


def test_then_one_probe_decides() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 30
    assert breaker.allow()
    assert not breaker.allow()
    breaker.failed()
    assert breaker.retry_after == 30
    clock.now = 60
    assert breaker.allow()
    breaker.succeeded()
    assert breaker.allow()
    assert breaker.retry_after == 0


def test_a_probe_that_was_cancelled_leaves_room_for_another() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 30
    assert breaker.allow()
    breaker.abandoned()
    assert breaker.allow()
