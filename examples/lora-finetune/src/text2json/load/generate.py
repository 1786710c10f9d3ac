"""Closed and open loop traffic.

A *closed* loop has a fixed number of users who each wait for their response before they ask again.
It finds the highest throughput, but it asks less often exactly while the service is slow, so its
percentiles leave out most of a stall ("coordinated omission": Gil Tene, "How NOT to Measure
Latency", 2013). An *open* loop sends at a constant rate whatever happens and counts latency from
the moment a request was *due*, so a stall shows in every request that it delayed. Real arrivals
resemble the open loop: Schroeder, Wierman, Harchol-Balter, "Open Versus Closed: A Cautionary
Tale", NSDI 2006.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import selectors
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import numpy as np

from text2json.load.connection import Client, Failure, Outcome
from text2json.load.summary import Result
from text2json.load.target import Target

MAX_CONNECTIONS = 512
"""`select` cannot watch file descriptors above 1023."""
BACK_OFF_SECONDS = 0.01
"""Pause after a failed connection; a refused one fails so fast that a loop would spin."""


@dataclass(frozen=True)
class Plan:
    """How to load a target.

    Attributes:
        connections: Users of a closed loop; most connections of an open one.
        duration: Seconds measured. Responses that are still due then are waited for.
        rate: Requests per second of an open loop, or None for a closed loop.
        warm_up: Seconds of the same traffic before, thrown away.
        timeout: Seconds after which a request has failed; from when it was due in an open loop.
        max_requests: Most requests in the measured part.

    Raises:
        ValueError: A value is out of range.
    """

    connections: int = 16
    duration: float = 5.0
    rate: float | None = None
    warm_up: float = 1.0
    timeout: float = 5.0
    max_requests: int = 1_000_000

    def __post_init__(self) -> None:
        if not 1 <= self.connections <= MAX_CONNECTIONS:
            raise ValueError(f"connections must be between 1 and {MAX_CONNECTIONS}")
        positive = (self.duration, self.timeout, self.max_requests)
        if min(positive) <= 0 or self.warm_up < 0:
            raise ValueError("duration, timeout and the number of requests must be positive")
        if self.rate is not None and self.rate <= 0:
            raise ValueError("rate must be positive")


@dataclass
class _Tally:
    """What one run has seen so far; times in nanoseconds."""

    latencies: array[int] = field(default_factory=lambda: array("q"))
    lateness: array[int] = field(default_factory=lambda: array("q"))
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def add(self, outcome: Outcome, latency: int) -> None:
        self.outcomes[outcome] += 1
        if isinstance(outcome, int) and outcome < HTTPStatus.BAD_REQUEST:
            self.latencies.append(latency)


def measure(
    target: Target,
    bodies: Sequence[bytes],
    plan: Plan,
    *,
    server_cpu: Callable[[], float] = lambda: 0.0,
) -> Result:
    """Send `bodies` in turn to `target` and return what came back.

    `server_cpu` returns the processor seconds that the service has used so far.

    Raises:
        ValueError: There is nothing to send.
    """
    if not bodies:
        raise ValueError("there are no requests to send")
    requests = [target.request(body) for body in bodies]
    # A collection in the middle of a run would be measured as latency of the service.
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=_precise_loop) as runner:
            return runner.run(_measure(target, requests, plan, server_cpu))
    finally:
        gc.enable()


def _precise_loop() -> asyncio.AbstractEventLoop:
    # epoll, and so asyncio's default loop and uvloop, wakes up on whole milliseconds; that is
    # longer than a fast service takes to answer. select() takes its timeout in microseconds.
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def _measure(
    target: Target, requests: Sequence[bytes], plan: Plan, server_cpu: Callable[[], float]
) -> Result:
    clients = [Client(target) for _ in range(plan.connections)]
    source = itertools.cycle(requests)
    try:
        if plan.warm_up:
            await _run(clients, source, plan, plan.warm_up, _Tally())
        tally = _Tally()
        begin, cpu, own = time.perf_counter(), server_cpu(), time.process_time()
        await _run(clients, source, plan, plan.duration, tally)
        return Result(
            latencies=np.sort(np.asarray(tally.latencies, dtype=np.int64)),
            lateness=np.sort(np.asarray(tally.lateness, dtype=np.int64)),
            outcomes={str(key): count for key, count in tally.outcomes.items()},
            elapsed=time.perf_counter() - begin,
            server_cpu=server_cpu() - cpu,
            generator_cpu=time.process_time() - own,
        )
    finally:
        for client in clients:
            client.close()
        await asyncio.sleep(0)  # the loop closes the sockets in its next turn


async def _run(
    clients: Sequence[Client],
    source: Iterator[bytes],
    plan: Plan,
    seconds: float,
    tally: _Tally,
) -> None:
    if plan.rate is None:
        await _closed(clients, source, plan, seconds, tally)
    else:
        schedule = due_times(plan.rate, seconds, plan.max_requests)
        await _open(clients, source, plan, schedule, tally)


async def _closed(
    clients: Sequence[Client],
    source: Iterator[bytes],
    plan: Plan,
    seconds: float,
    tally: _Tally,
) -> None:
    end = time.perf_counter_ns() + round(seconds * 1e9)
    tickets = iter(range(plan.max_requests))

    async def user(client: Client) -> None:
        while (started := time.perf_counter_ns()) < end and next(tickets, None) is not None:
            outcome = await client.roundtrip(next(source), plan.timeout)
            tally.add(outcome, client.finished - started)
            if outcome is Failure.CONNECTION:
                await asyncio.sleep(BACK_OFF_SECONDS)

    await asyncio.gather(*(user(client) for client in clients))


def due_times(rate: float, seconds: float, limit: int) -> Iterator[int]:
    """Yield when each request is due, in nanoseconds from the start; at least one, most `limit`."""
    count = min(limit, max(1, round(rate * seconds)))
    # From the index, not by adding up: a rounded period would drift.
    return (round(index * 1e9 / rate) for index in range(count))


async def _open(
    clients: Sequence[Client],
    source: Iterator[bytes],
    plan: Plan,
    schedule: Iterator[int],
    tally: _Tally,
) -> None:
    waiting: asyncio.Queue[int | None] = asyncio.Queue()

    async def connection(client: Client) -> None:
        while (due := await waiting.get()) is not None:
            remaining = plan.timeout - (time.perf_counter_ns() - due) / 1e9
            if remaining <= 0:  # its caller would have given up before a connection was free
                tally.add(Failure.TIMEOUT, 0)
                continue
            outcome = await client.roundtrip(next(source), remaining)
            tally.add(outcome, client.finished - due)

    workers = [asyncio.create_task(connection(client)) for client in clients]
    begin = time.perf_counter_ns()
    for offset in schedule:
        due = begin + offset
        # Also when late: without giving way here no response would ever be read.
        await asyncio.sleep(max(0, due - time.perf_counter_ns()) / 1e9)
        tally.lateness.append(time.perf_counter_ns() - due)
        waiting.put_nowait(due)
    for _ in workers:
        waiting.put_nowait(None)
    await asyncio.gather(*workers)
