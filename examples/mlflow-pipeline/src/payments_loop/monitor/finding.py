"""What one part of an observation finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist

from payments_loop.monitor.report import Measure, Severity


@dataclass(frozen=True)
class Problem:
    """An alarm before it is known since when."""

    name: str
    subject: str
    severity: Severity
    detail: str


@dataclass
class Findings:
    """Measures and problems, collected."""

    values: list[Measure] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def measure(
        self,
        name: str,
        value: float,
        low: float | None = None,
        high: float | None = None,
        **labels: str,
    ) -> None:
        """Add a measure."""
        self.values.append(Measure(name, value, labels, low, high))

    def problem(self, name: str, subject: str, severity: Severity, detail: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(name, subject, severity, detail))

    def add(self, other: Findings) -> None:
        """Add all of another part's."""
        self.values += other.values
        self.problems += other.problems


def critical(false_alarm: float, comparisons: int = 1, *, sides: int = 1) -> float:
    """Standard normal score that noise exceeds with probability `false_alarm` in any comparison.

    Args:
        false_alarm: probability for all comparisons together (Bonferroni).
        comparisons: how many are made.
        sides: 2 if deviations in both directions count.
    """
    return NormalDist().inv_cdf(1 - false_alarm / comparisons / sides)
