"""Scores one day of decisions, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from payments_loop import features
from payments_loop.bundle import Bundle, Registry
from payments_loop.features import FeatureError
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.scoring.reasons import reasons
from payments_loop.scoring.settings import (
    ScoringError,
    ScoringSettings,
)
from payments_loop.scoring.table import TABLE, read, rows

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Scored:
    """What became of one day.

    Attributes:
        day: UTC date of the decisions.
        version: model that scored the new ones.
        rows: decisions of the day that have a score now.
        new: of them, those scored just now.
        positive: of the new ones, those with the positive decision.
        shadow: version of the challenger that scored the new ones too, if there is one.
        lake_version: of the table `scores`; None if nothing was written.
    """

    day: date
    version: str
    rows: int
    new: int
    positive: int
    shadow: str | None = None
    lake_version: int | None = None


def score_day(
    problem: Problem,
    lake: Lake,
    models: Registry,
    day: date,
    *,
    as_of: datetime,
    alias: str = "champion",
    again: bool = False,
    settings: ScoringSettings | None = None,
) -> Scored:
    """Score the decisions of a day that have no score yet.

    A decision keeps the score that it was made by: promoting another model changes nothing about
    the past. So the same day twice writes nothing, and rows that arrive late are added. The
    challenger, if there is one, scores the new rows as a shadow.

    Args:
        problem: what is decided.
        lake: where the rows come from and the scores go.
        models: versions and aliases.
        day: UTC date.
        as_of: rows that were not known then are not scored.
        alias: alias or version of the model that decides.
        again: replace the scores of the day, those of other versions included.
        settings: by default, those of the project in the current folder.

    Raises:
        BundleError: there is no such model, or it is damaged.
        ScoringError: it takes a feature that the problem does not have.
    """
    settings = settings or ScoringSettings.load()
    start = datetime.combine(day, time(), UTC)
    champion = load(models, alias)
    frame = features.build(problem, lake, start=start, end=start + DAY, as_of=as_of)
    known = None if again else read(lake, start=start, end=start + DAY, role=None)
    fresh = frame if known is None else frame.join(known, on="row_id", how="anti")
    before = 0 if known is None else known["row_id"].n_unique()
    if fresh.is_empty():
        return Scored(day, champion.version, before, 0, 0)
    shadow = load(models, "challenger") if _challenged(models, alias) else None
    scored = _score(fresh, champion, shadow, settings)
    # Columns that only older or newer rows have, such as those of a new feature, stay empty there.
    rest = [] if known is None else [known.drop("day")]
    everything = pl.concat([*rest, scored], how="diagonal").sort("at", "row_id", "role")
    version = lake.replace(TABLE, everything, day=day)
    decided = scored.filter(pl.col("role") == "champion", pl.col("decision") == _positive(champion))
    return Scored(
        day=day,
        version=champion.version,
        rows=before + fresh.height,
        new=fresh.height,
        positive=decided.height,
        shadow=shadow.version if shadow else None,
        lake_version=version,
    )


def load(models: Registry, name: str) -> Bundle:
    """The bundle of an alias or version; loading verifies it, so each is loaded once."""
    return _load(models.resolve(name))


@lru_cache(maxsize=4)
def _load(path: Path) -> Bundle:
    return Bundle.load(path)


def _challenged(models: Registry, alias: str) -> bool:
    return alias == "champion" and "challenger" in models.aliases()


def _positive(bundle: Bundle) -> str:
    return bundle.manifest.decisions[1]


def _score(
    frame: pl.DataFrame,
    champion: Bundle,
    shadow: Bundle | None,
    settings: ScoringSettings,
) -> pl.DataFrame:
    matrix = _matrix(frame, champion)
    decided = rows(frame, champion, matrix, "champion")
    wanted = {
        "all": np.ones(len(matrix), dtype=bool),
        "none": np.zeros(len(matrix), dtype=bool),
        "positive": (decided["decision"] == _positive(champion)).to_numpy(),
    }[settings.explain]
    if wanted.any():
        named = iter(reasons(champion, matrix[wanted], settings.reasons))
        filled = [next(named) if want else [] for want in wanted]
        decided = decided.with_columns(pl.Series("reasons", filled, pl.List(pl.String)))
    if shadow is None:
        return decided
    other = rows(frame, shadow, _matrix(frame, shadow), "challenger")
    return pl.concat([decided, other.select(decided.columns)])


def _matrix(
    frame: pl.DataFrame, bundle: Bundle
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    try:
        return features.matrix(frame, bundle.features)
    except FeatureError as error:
        raise ScoringError(f"model {bundle.version}: {error}") from error
