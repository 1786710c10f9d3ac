"""Whether to train again or to go back to the version before, and why. Pure: facts in, decision out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from payments_loop.pipeline.settings import (
    WEEKDAYS,
    RetrainingSettings,
)

Action = Literal["keep", "retrain", "rollback"]
DAY = 86400.0


@dataclass(frozen=True)
class Regret:
    """The champion and the version before it on the same decisions.

    Attributes:
        rows: decisions whose labels have matured since the promotion.
        gain: AUC of the version before minus AUC of the champion.
        p_value: of the one-sided test that the version before is not better.
    """

    rows: int
    gain: float
    p_value: float


@dataclass(frozen=True)
class Facts:
    """What the decision depends on.

    Attributes:
        as_of: now.
        champion: version, None before the first.
        champion_since: when it became champion.
        last_race: when challengers were last trained, None if never.
        fresh_rows: matured decisions newer than all that the champion learned from.
        alarms: (name, detail) of the monitor's alarms.
        regret: how the version before would do; None if there is none, or the watch is over.
    """

    as_of: datetime
    champion: str | None
    champion_since: datetime | None = None
    last_race: datetime | None = None
    fresh_rows: int = 0
    alarms: Sequence[tuple[str, str]] = ()
    regret: Regret | None = None


@dataclass(frozen=True)
class Reason:
    """One rule, whether it spoke for acting, and the numbers behind it."""

    rule: str
    fired: bool
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What to do and all rules that were looked at."""

    action: Action
    reasons: tuple[Reason, ...]

    @property
    def because(self) -> str:
        """The reasons that decided, in one line."""
        guards = ("fresh rows", "day")
        deciding = self.reasons
        if self.action != "keep":
            deciding = tuple(one for one in deciding if one.fired and one.rule not in guards)
        return "; ".join(f"{reason.rule}: {reason.detail}" for reason in deciding)

    def json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "action": self.action,
            "because": self.because,
            "reasons": [asdict(reason) for reason in self.reasons],
        }


def decide(facts: Facts, settings: RetrainingSettings) -> Verdict:
    """Weigh the rules.

    A version that turns out worse than the one before is rolled back. Otherwise a race
    needs a trigger that fired, its cool-down over, enough fresh rows, and a day on which races may
    start.
    """
    if facts.champion is None:
        return _first(facts, settings)
    regret = _regret(facts, settings)
    if regret.fired:
        return Verdict("rollback", (regret,))
    triggers = _triggers(facts, settings)
    guards = _guards(facts, settings)
    start = any(reason.fired for reason in triggers) and all(reason.fired for reason in guards)
    return Verdict("retrain" if start else "keep", (*triggers, *guards, regret))


def _first(facts: Facts, settings: RetrainingSettings) -> Verdict:
    """The first race is run on any day; if it was refused, the next ones wait as all others do."""
    missing = Reason("first model", True, "there is no champion")
    guards = _guards(facts, settings) if facts.last_race else []
    start = all(reason.fired for reason in guards)
    return Verdict("retrain" if start else "keep", (missing, *guards))


def _regret(facts: Facts, settings: RetrainingSettings) -> Reason:
    rule, found = "rollback", facts.regret
    if found is None:
        return Reason(rule, False, "no recent promotion to regret")
    if found.rows < settings.rollback.minimum_rows:
        return Reason(rule, False, f"only {found.rows} decisions have matured since the promotion")
    worse = found.gain > 0 and found.p_value < settings.rollback.alpha
    return Reason(
        rule,
        worse,
        f"the version before would have {found.gain:+.3f} AUC on {found.rows} decisions "
        f"(p {found.p_value:.2g})",
    )


def _triggers(facts: Facts, settings: RetrainingSettings) -> list[Reason]:
    given = settings.triggers
    performance = _alarms(facts, "performance", given.performance.alarms)
    drift = _alarms(facts, "drift", given.drift.alarms)
    if settings.decide.combine == "all" and performance.fired != drift.fired:
        performance = _but(performance, "drift is needed too")
        drift = _but(drift, "performance is needed too")
    age = _days(facts.as_of, facts.champion_since)
    old = age is not None and age >= given.age.maximum_days
    told = "unknown" if age is None else f"{age:.0f} days of at most {given.age.maximum_days:g}"
    return [
        _cooled(facts, performance, given.performance.cool_down_days),
        _cooled(facts, drift, given.drift.cool_down_days),
        _cooled(facts, Reason("age", old, told), given.age.cool_down_days),
    ]


def _guards(facts: Facts, settings: RetrainingSettings) -> list[Reason]:
    needed = settings.decide.minimum_fresh_rows
    today = WEEKDAYS[facts.as_of.weekday()]
    return [
        Reason("fresh rows", facts.fresh_rows >= needed, f"{facts.fresh_rows} of {needed}"),
        Reason("day", today in (settings.decide.weekdays or WEEKDAYS), today),
    ]


def _alarms(facts: Facts, rule: str, names: Sequence[str]) -> Reason:
    heard = [f"{name} ({detail})" for name, detail in facts.alarms if name in names]
    return Reason(rule, bool(heard), ", ".join(heard) or "no alarm")


def _cooled(facts: Facts, reason: Reason, days: float) -> Reason:
    """The reason, silenced while the last race is too recent."""
    since = _days(facts.as_of, facts.last_race)
    if since is None or since >= days:
        return reason
    return _but(reason, f"last race {since:.0f} days ago, pause {days:g}")


def _but(reason: Reason, objection: str) -> Reason:
    """A reason that fired, silenced; one that did not, as it is."""
    if not reason.fired:
        return reason
    return Reason(reason.rule, False, f"{reason.detail}; {objection}")


def _days(now: datetime, then: datetime | None) -> float | None:
    return None if then is None else (now - then).total_seconds() / DAY
