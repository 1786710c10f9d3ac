from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any, cast

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from text2json.load.connection import Failure, Outcome, _Exchange
from text2json.load.generate import due_times
from text2json.load.summary import median_interval, percentile

_VALUES = st.lists(st.integers(0, 10**12), min_size=1, max_size=200)


@given(_VALUES, st.integers(0, 1000))
def test_percentile_is_the_smallest_value_that_enough_values_do_not_exceed(
    values: list[int], per_mille: int
) -> None:
    found = percentile(np.sort(values), per_mille / 10)
    assert found in values
    assert 1000 * sum(value <= found for value in values) >= per_mille * len(values)
    assert 1000 * sum(value < found for value in values) < max(per_mille, 1) * len(values)


@given(_VALUES, st.floats(0, 100, exclude_min=True))
def test_percentile_agrees_with_numpy(values: list[int], q: float) -> None:
    # At a rank that is a whole number numpy's own rounding error may decide.
    assume(abs(q * len(values) / 100 - round(q * len(values) / 100)) > 1e-5)
    ascending = np.sort(values)
    assert percentile(ascending, q) == np.percentile(ascending, q, method="inverted_cdf")


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=40))
def test_interval_holds_the_median(values: list[float]) -> None:
    interval = median_interval(values)
    assert interval.low is not None
    assert interval.high is not None
    assert min(values) <= interval.low <= interval.median <= interval.high <= max(values)


@given(st.floats(0.1, 1e5), st.floats(0.01, 1), st.integers(1, 2000))
def test_schedule_is_even_and_bounded(rate: float, seconds: float, limit: int) -> None:
    times = list(due_times(rate, seconds, limit))
    assert 1 <= len(times) <= limit
    assert all(abs(b - a - 1e9 / rate) <= 1 for a, b in pairwise(times))
    assert times[-1] <= max(seconds * 1e9, 0)


class _Transport:
    def __init__(self) -> None:
        self.written = b""
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.aborted = True


_RESPONSES = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello": (200, True),
    b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n": (503, True),
    b"HTTP/1.1 204 No Content\r\n\r\n": (204, True),
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}": (200, False),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n": (
        200,
        True,
    ),
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx": (200, True),
    b"not HTTP at all\r\n\r\n": (Failure.PROTOCOL, False),
}


@given(st.data(), st.sampled_from(sorted(_RESPONSES)))
def test_response_is_read_the_same_however_it_is_split(data: Any, response: bytes) -> None:
    cuts = data.draw(st.sets(st.integers(1, len(response) - 1), max_size=6))
    places = [0, *sorted(cuts), len(response)]
    outcome, kept = asyncio.run(_exchange([response[a:b] for a, b in pairwise(places)]))
    assert (outcome, kept) == _RESPONSES[response]


async def _exchange(chunks: list[bytes]) -> tuple[Outcome, bool]:
    exchange, transport = _Exchange(), _Transport()
    exchange.connection_made(cast(asyncio.Transport, transport))
    reply = asyncio.create_task(exchange.send(b"request", patience=5))
    await asyncio.sleep(0)
    assert transport.written == b"request"
    for number, chunk in enumerate(chunks):
        assert number == 0 or not reply.done() or transport.aborted
        exchange.data_received(chunk)
    outcome = await reply
    assert transport.aborted is not exchange.reusable
    return outcome, exchange.reusable
