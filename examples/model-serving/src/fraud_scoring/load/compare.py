"""Measure the contenders beside each other: same machine, client, rows and run."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from fraud_scoring.load import usage
from fraud_scoring.load.contenders import (
    FLOOR,
    MLFLOW,
    NAIVE,
    OURS,
    ComparisonError,
    Contender,
)
from fraud_scoring.load.generate import Plan, measure
from fraud_scoring.load.service import Service
from fraud_scoring.load.summary import (
    Interval,
    Result,
    median_interval,
)
from fraud_scoring.load.target import Target

CHECKED_ROWS = 100
TOLERANCE = 1e-5
"""Largest difference of probabilities; the exported model computes in float32."""

Read = Callable[[Result], float]


@dataclass
class Measured:
    """What was measured of one contender, a result per round.

    Attributes:
        busy: Closed loop: throughput and processor time.
        steady: Open loop at a rate that all can serve: latency.
        resident: Bytes of memory afterwards, all processes together.
    """

    busy: list[Result] = field(default_factory=list)
    steady: list[Result] = field(default_factory=list)
    resident: int = 0

    def cpu(self) -> Interval:
        """Return processor microseconds per request."""
        return median_interval([result.cpu_per_request for result in self.busy])

    def throughput(self) -> Interval:
        """Return requests per second."""
        return median_interval([result.throughput for result in self.busy])

    def latency(self, q: float) -> Interval:
        """Return a percentile in milliseconds."""
        return median_interval([result.percentile(q) for result in self.steady])


@dataclass(frozen=True)
class Comparison:
    """All contenders, and how far their probabilities were apart."""

    contenders: dict[str, Measured]
    largest_difference: float

    def cpu_ratio(self, of: str, to: str) -> Interval:
        """Return the ratio of processor time per request, from the ratios within each round."""
        pairs = zip(self.contenders[of].busy, self.contenders[to].busy, strict=True)
        return median_interval([a.cpu_per_request / b.cpu_per_request for a, b in pairs])

    def ratios(self) -> dict[str, Interval]:
        """Return the ratios of interest in words."""
        return {
            f"CPU per request, {NAIVE} / {OURS}": self.cpu_ratio(NAIVE, OURS),
            f"CPU per request, {MLFLOW} / {OURS}": self.cpu_ratio(MLFLOW, OURS),
            f"CPU per request, {OURS} / {FLOOR}": self.cpu_ratio(OURS, FLOOR),
        }


def compare(
    contenders: Sequence[Contender],
    busy: Plan,
    steady: Plan,
    rounds: int,
    progress: Callable[[str], None],
) -> Comparison:
    """Start all contenders, check that they agree, measure them in turn in every round.

    All run the whole time, but only one is under load at any moment.

    Raises:
        ComparisonError: Their probabilities differ, or one fails requests.
        StartError: One does not start.
    """
    with ExitStack() as stack:
        running = {}
        for contender in contenders:
            progress(f"starting {contender.name}")
            running[contender.name] = stack.enter_context(contender.start())
        difference = parity(contenders, running)
        measured = {contender.name: Measured() for contender in contenders}
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            for contender in contenders:
                found = measured[contender.name]
                found.busy.append(_measure(contender, running[contender.name], busy))
                found.steady.append(_measure(contender, running[contender.name], steady))
        for name, service in running.items():
            measured[name].resident = usage.resident_bytes(service.pid) if service.pid else 0
    return Comparison(measured, difference)


def _measure(contender: Contender, service: Service, plan: Plan) -> Result:
    target = service.target(contender.path)
    result = measure(target, contender.bodies, plan, server_cpu=service.cpu_seconds)
    if result.failed_share:
        raise ComparisonError(f"{contender.name} failed requests: {dict(result.outcomes)}")
    return result


def parity(contenders: Sequence[Contender], running: dict[str, Service]) -> float:
    """Return the largest difference between any contender's probabilities and the first one's.

    Raises:
        ComparisonError: It is above `TOLERANCE`.
    """
    answers = {
        contender.name: [
            contender.probability(ask(running[contender.name].target(contender.path), body))
            for body in contender.bodies[:CHECKED_ROWS]
        ]
        for contender in contenders
        if contender.probability is not None
    }
    (first, expected), *others = answers.items()
    largest = 0.0
    for name, found in others:
        difference = max(abs(a - b) for a, b in zip(expected, found, strict=True))
        if not difference <= TOLERANCE:
            raise ComparisonError(f"{name} and {first} differ by {difference:.2g}: other models?")
        largest = max(largest, difference)
    return largest


def ask(target: Target, body: bytes) -> Any:
    """POST `body` once and return the decoded answer.

    Raises:
        ComparisonError: The status is not 200.
    """
    connection = http.client.HTTPConnection(target.host, target.port, timeout=30)
    try:
        headers = {"Content-Type": "application/json", **target.headers}
        connection.request("POST", target.path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise ComparisonError(f"{target.path} answered {response.status}: {answer[:300]!r}")
    return json.loads(answer)
