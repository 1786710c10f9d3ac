"""Whether a challenger behaves in the service: by the metrics of the traffic that it answered.

The gate knows how well it ranks; this finds what the gate cannot see: that it is slow here, that
live rows differ from those it was judged on, or that it decides quite differently.
"""

from __future__ import annotations

import math
import re
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .decision import Check
from .errors import RegistryError
from .policy import Canary

TIMEOUT = 10.0
CHANCE = 3.0  # standard errors
_SAMPLE = re.compile(r"^(\w+)\{(.*)\} (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Traffic:
    """What one version did since the service started.

    Attributes:
        rows: rows that it scored and answered.
        positive: rows with the positive decision.
        calls: calls of the model.
        seconds: spent in these calls.
    """

    rows: float = 0
    positive: float = 0
    calls: float = 0
    seconds: float = 0

    @property
    def latency(self) -> float:
        """Mean duration of a call, in seconds."""
        return self.seconds / self.calls if self.calls else 0.0

    @property
    def rate(self) -> float:
        """Share of positive decisions."""
        return self.positive / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Verdict:
    """Whether the canary may go on: `wait` while there are too few rows."""

    outcome: Literal["good", "bad", "wait"]
    checks: tuple[Check, ...]

    @property
    def reason(self) -> str:
        """For the record."""
        failed = [check.detail for check in self.checks if not check.passed]
        return "canary: " + ("; ".join(failed) or "; ".join(check.detail for check in self.checks))


def judge(traffic: Mapping[str, Traffic], challenger: str, policy: Canary) -> Verdict:
    """Compare what the challenger did with what the other version, the champion, did."""
    ours = traffic.get(challenger, Traffic())
    others = [one for version, one in traffic.items() if version != challenger]
    theirs = max(others, key=lambda one: one.rows, default=Traffic())
    enough = min(ours.rows, theirs.rows) >= policy.minimum_rows

    def check(name: str, detail: str, *, passed: bool) -> Check:
        return Check(name=name, version=challenger, passed=passed, detail=detail)

    checks = [
        check(
            "enough traffic",
            f"{ours.rows:,.0f} rows, champion {theirs.rows:,.0f}; {policy.minimum_rows:,} needed",
            passed=enough,
        )
    ]
    if not enough:
        return Verdict("wait", tuple(checks))
    limit = policy.max_latency_ratio * theirs.latency
    checks.append(
        check(
            "as fast as the champion",
            f"{ours.latency * 1e3:.3f} ms per call, at most {limit * 1e3:.3f}",
            passed=ours.latency <= limit,
        )
    )
    noise = CHANCE * math.sqrt(_variance(ours) + _variance(theirs))
    allowed = max(policy.max_rate_difference, noise)
    checks.append(
        check(
            "decides like the champion",
            f"positive decisions {ours.rate:.2%}, champion {theirs.rate:.2%} ± {allowed:.2%}",
            passed=abs(ours.rate - theirs.rate) <= allowed,
        )
    )
    good = all(one.passed for one in checks)
    return Verdict("good" if good else "bad", tuple(checks))


def read(url: str, positive: str) -> dict[str, Traffic]:
    """Traffic by version, from the metrics that a service publishes at `url`; see `parse`.

    Raises:
        RegistryError: the service does not answer.
    """
    if not url.startswith(("http://", "https://")):
        raise RegistryError(f"{url}: metrics are read over http or https")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 (checked above)
            text = answer.read().decode()
    except (OSError, ValueError) as error:
        raise RegistryError(f"{url}: {error}") from error
    return parse(text, positive)


def parse(text: str, positive: str) -> dict[str, Traffic]:
    """Traffic by version, from metrics in Prometheus' text format.

    Args:
        text: the metrics.
        positive: name of the positive decision.
    """
    decisions: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for line in text.splitlines():
        if (found := _SAMPLE.match(line)) is None:
            continue
        name, labels, value = found[1], dict(_LABEL.findall(found[2])), float(found[3])
        version = labels.get("model_version", "")
        if name == "predictions_total":
            decisions[version][labels["decision"]] += value
        elif labels.get("role") != "shadow":
            totals[name, version] += value
    return {
        version: Traffic(
            rows=sum(counts.values()),
            positive=counts.get(positive, 0),
            calls=totals["inference_duration_seconds_count", version],
            seconds=totals["inference_duration_seconds_sum", version],
        )
        for version, counts in decisions.items()
    }


def _variance(traffic: Traffic) -> float:
    return traffic.rate * (1 - traffic.rate) / traffic.rows
