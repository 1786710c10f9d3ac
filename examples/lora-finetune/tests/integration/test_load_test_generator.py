from __future__ import annotations

import time

import pytest
from plugins.load_test import OK, Serve, stalling, undisturbed

from text2json.load.faults import proxied
from text2json.load.generate import Plan, measure
from text2json.load.service import free_port
from text2json.load.target import Target

BODIES = [b'{"a": 1}', b'{"a": 22}']
SLEEPS = 0.02


@undisturbed
def test_closed_loop_measures_a_known_latency(serve: Serve) -> None:
    with serve(lambda _: (SLEEPS, OK)) as target:
        result = measure(target, BODIES, Plan(4, duration=0.6, warm_up=0.1))
    assert result.failed_share == 0
    assert 20 <= result.percentile(0) < 30  # a busy machine delays some, hardly all
    # Little's law: users = throughput x time per request.
    mean = result.latencies.mean() / 1e9
    assert result.throughput * mean == pytest.approx(4, rel=0.2)


@undisturbed
def test_open_loop_keeps_its_rate_and_measures_a_known_latency(serve: Serve) -> None:
    with serve(lambda _: (SLEEPS, OK)) as target:
        result = measure(target, BODIES, Plan(32, duration=1.0, rate=200, warm_up=0.1))
    assert result.requests == 200
    assert result.throughput == pytest.approx(200, rel=0.3)
    assert 20 <= result.percentile(0) < 30
    assert result.lateness_percentile(50) < 50


@undisturbed
def test_stall_shows_in_an_open_loop_and_hides_in_a_closed_one(serve: Serve) -> None:
    """Coordinated omission: a user of a closed loop meets a stall of 300 ms only once."""
    with serve(stalling()) as target:
        closed = measure(target, BODIES, Plan(1, duration=1.0, warm_up=0))
    assert closed.percentile(100) > 200
    assert closed.percentile(90) < 100


@undisturbed
def test_stall_shows_in_an_open_loop(serve: Serve) -> None:
    with serve(stalling()) as target:
        opened = measure(target, BODIES, Plan(1, duration=1.0, rate=100, warm_up=0))
    assert opened.requests == 100
    # 30 of 100 requests were due during the stall, and all waited for its end.
    assert opened.percentile(90) > 150


@undisturbed
def test_failures_are_counted_by_kind_and_leave_the_percentiles_alone(serve: Serve) -> None:
    replies = {
        0: (0.0, OK),
        1: (0.0, b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
        2: (0.0, b"nonsense\r\n\r\n"),
        3: (3.0, OK),
        4: (0.0, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    }
    with serve(lambda number: replies.get(number, (0.0, OK))) as target:
        plan = Plan(1, duration=30, warm_up=0, timeout=1, max_requests=6)
        result = measure(target, BODIES, plan)
    assert result.outcomes == {"200": 3, "503": 1, "protocol": 1, "timeout": 1}
    assert len(result.latencies) == 3


@pytest.mark.parametrize("rate", [None, 100])
def test_nobody_listening_is_a_failed_connection(rate: float | None) -> None:
    target = Target("127.0.0.1", free_port(), "/")
    result = measure(target, BODIES, Plan(2, duration=0.1, rate=rate, warm_up=0))
    assert set(result.outcomes) == {"connection"}
    assert result.failed_share == 1
    assert result.requests < 100  # it backs off instead of spinning


@undisturbed
def test_overloaded_open_loop_ends_soon_and_reports_timeouts(serve: Serve) -> None:
    with serve(lambda _: (0.05, OK)) as target:
        began = time.perf_counter()
        plan = Plan(1, duration=0.5, rate=200, warm_up=0, timeout=0.3)
        result = measure(target, BODIES, plan)
    assert time.perf_counter() - began < 4  # one by one they would take 5 seconds
    assert result.requests == 100
    assert result.outcomes["timeout"] > 50
    assert result.percentile(100) < 1000


def test_nothing_to_send_is_refused() -> None:
    with pytest.raises(ValueError, match="no requests"):
        measure(Target("127.0.0.1", 1, "/"), [], Plan())


@undisturbed
def test_proxy_delays_and_resets(serve: Serve) -> None:
    with (
        serve(lambda _: (0.0, OK)) as target,
        proxied(target, delay=SLEEPS, reset_share=0.3, seed=1) as faulty,
    ):
        plan = Plan(4, duration=10, warm_up=0, max_requests=200)
        result = measure(faulty, BODIES, plan)
    assert set(result.outcomes) == {"200", "connection"}
    assert result.failed_share == pytest.approx(0.3, abs=0.12)
    assert 20 <= result.percentile(0) < 35


def test_proxy_passes_on_that_nobody_listens() -> None:
    with proxied(Target("127.0.0.1", free_port(), "/")) as faulty:
        result = measure(faulty, BODIES, Plan(1, duration=0.1, warm_up=0, max_requests=3))
    assert set(result.outcomes) == {"connection"}
