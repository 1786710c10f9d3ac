"""What an observation says: measures, and alarms about some of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

# A warning asks for a look; an alarm asks for action, such as retraining.
Severity = Literal["warning", "alarm"]


@dataclass(frozen=True)
class Measure:
    """One number, with its 95 % interval where it is an estimate.

    Attributes:
        name: what it is, e.g. `auc`; `metrics` has all names, their meanings and units.
        labels: what it is about, e.g. `{"feature": "amount"}`.
        value: the number.
        low: lower bound of the interval.
        high: upper bound of it.
    """

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Alarm:
    """Something that is wrong, and that sampling noise does not explain.

    Attributes:
        name: kind of the problem, e.g. `performance_drop`; `alarms` has all of them.
        subject: what has it, e.g. a feature or a table; empty if there is only one.
        severity: `warning` or `alarm`.
        detail: what was found, in a sentence with the numbers.
        since: the first of the unbroken row of observations that have had it.
    """

    name: str
    subject: str
    severity: Severity
    detail: str
    since: datetime


@dataclass(frozen=True)
class Report:
    """One observation.

    Attributes:
        as_of: what was known then was looked at.
        window_days: length of the windows.
        version: the champion; None before the first promotion.
        values: everything that was measured.
        problems: what is wrong, alarms first.
    """

    as_of: datetime
    window_days: int
    version: str | None
    values: tuple[Measure, ...]
    problems: tuple[Alarm, ...]

    def value(self, name: str, **labels: str) -> Measure | None:
        """The measure of this name and exactly these labels."""
        found = (one for one in self.values if one.name == name and one.labels == labels)
        return next(found, None)

    def alarms(self, name: str) -> tuple[Alarm, ...]:
        """The problems of this kind, whatever their severity."""
        return tuple(problem for problem in self.problems if problem.name == name)

    def json(self) -> str:
        """This report as JSON text; `parse` reads it back."""
        return json.dumps(asdict(self), default=datetime.isoformat, sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> Report:
        """The report that `json` wrote."""
        facts: dict[str, Any] = json.loads(text)
        return cls(
            as_of=datetime.fromisoformat(facts["as_of"]),
            window_days=facts["window_days"],
            version=facts["version"],
            values=tuple(Measure(**one) for one in facts["values"]),
            problems=tuple(
                Alarm(**{**one, "since": datetime.fromisoformat(one["since"])})
                for one in facts["problems"]
            ),
        )
