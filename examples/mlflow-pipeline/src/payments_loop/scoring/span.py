"""Scores a span of days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from payments_loop.bundle import Registry
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.scoring.day import Scored, score_day
from payments_loop.scoring.settings import ScoringSettings


def score(
    problem: Problem,
    lake: Lake,
    models: Registry,
    *,
    first: date,
    last: date,
    as_of: datetime,
    alias: str = "champion",
    again: bool = False,
    settings: ScoringSettings | None = None,
    say: Callable[[str], None] | None = None,
) -> list[Scored]:
    """Score what has no score yet in the days `first` to `last`, both included.

    Each day is written by itself: after an interruption, the same call does the rest.

    Args:
        problem: what is decided.
        lake: where the rows come from and the scores go.
        models: versions and aliases.
        first: UTC date.
        last: UTC date.
        as_of: rows that were not known then are not scored.
        alias: alias or version of the model that decides.
        again: replace the scores of the days.
        settings: by default, those of the project in the current folder.
        say: is told a line per day.

    Raises:
        BundleError, ScoringError: as `score_day`.
    """
    settings = settings or ScoringSettings.load()
    done = []
    for day in _days(first, last):
        scored = score_day(
            problem,
            lake,
            models,
            day,
            as_of=as_of,
            alias=alias,
            again=again,
            settings=settings,
        )
        if say:
            say(describe(scored))
        done.append(scored)
    return done


def describe(scored: Scored) -> str:
    """One line about a day."""
    if not scored.rows:
        return f"{scored.day}  no decisions"
    if not scored.new:
        return f"{scored.day}  {scored.rows} decisions, all scored before"
    shadow = f", shadowed by {scored.shadow}" if scored.shadow else ""
    return (
        f"{scored.day}  {scored.rows} decisions, {scored.new} new by {scored.version}, "
        f"{scored.positive} positive{shadow}"
    )


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
