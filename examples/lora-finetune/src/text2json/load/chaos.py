"""How the service behaves when the network is bad, or when it is offered more than it accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from text2json.load import faults, service
from text2json.load.generate import Plan, measure
from text2json.load.levels import Level
from text2json.load.summary import Result
from text2json.load.traffic import Traffic

DELAY = 0.05
RESETS = 0.05
USERS = 32
AFTERWARDS = Plan(connections=1, duration=0.5, warm_up=0, timeout=1)


@dataclass(frozen=True)
class Scenario:
    """One fault, and what the service must do under it.

    Attributes:
        name: The fault in words.
        allowed: Outcomes that may occur besides 200.
        required: Those of them that must occur, else the fault was not met.
        delay: Seconds that the network adds.
        reset_share: Share of requests whose connection is reset.
        environment: Settings of the service.
    """

    name: str
    allowed: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    delay: float = 0.0
    reset_share: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)

    def complaints(self, during: Result, after: Result) -> list[str]:
        """Return what went wrong, in words; empty if nothing did."""
        found = []
        unexpected = set(during.outcomes) - self.allowed - {str(int(HTTPStatus.OK))}
        if unexpected:
            found.append(f"answered {', '.join(sorted(unexpected))}")
        if missing := self.required - set(during.outcomes):
            found.append(f"no {', '.join(sorted(missing))}: the fault was not met")
        if not len(during.latencies):
            found.append("served nothing meanwhile")
        if self.delay and during.percentile(50) < 1000 * self.delay:
            found.append("was not delayed")
        if after.failed_share:
            found.append(f"still failed {after.failed_share:.1%} afterwards")
        return found


SCENARIOS = (
    Scenario("good network"),
    Scenario(f"{1000 * DELAY:g} ms slower network", delay=DELAY),
    Scenario(
        f"{RESETS:.0%} of connections reset",
        allowed=frozenset({"connection"}),
        required=frozenset({"connection"}),
        reset_share=RESETS,
    ),
    Scenario(
        f"{USERS} users where 4 requests are admitted",
        allowed=frozenset({"503"}),
        required=frozenset({"503"}),
        environment={"APP_MAX_IN_FLIGHT": "4"},
    ),
)


def run(scenario: Scenario, traffic: Traffic, seconds: float) -> tuple[Level, list[str]]:
    """Load this project's service under one fault; return what was measured and what went wrong.

    Raises:
        StartError: The service did not start.
    """
    plan = Plan(USERS, seconds, warm_up=0, timeout=2)
    settings = {**traffic.environment, **traffic.together, **scenario.environment}
    with service.this_project(settings) as running:
        target = running.target(traffic.path, traffic.method)
        with faults.proxied(
            target, delay=scenario.delay, reset_share=scenario.reset_share
        ) as faulty:
            during = measure(faulty, traffic.bodies, plan, server_cpu=running.cpu_seconds)
        after = measure(target, traffic.bodies, AFTERWARDS)
    return Level(plan, [during]), scenario.complaints(during, after)
