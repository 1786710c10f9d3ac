"""Training sets: features as they were known when it was decided, labels that are final."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payments_loop.evaluation.dataset import Dataset
from payments_loop.features.build import build
from payments_loop.features.engines import Engine, open_engine
from payments_loop.features.matrix import matrix
from payments_loop.features.settings import Settings
from payments_loop.features.times import TICK, midnight
from payments_loop.lake import Lake, Manifest
from payments_loop.problem import Problem


@dataclass(frozen=True)
class Examples:
    """Labelled decisions in order of time.

    Attributes:
        dataset: arrays to fit and judge models on.
        frame: result of `build` for these rows, and `target`.
        manifest: exactly which rows of the lake could be seen.
    """

    dataset: Dataset
    frame: pl.DataFrame
    manifest: Manifest

    def __len__(self) -> int:
        return self.frame.height

    @property
    def row_ids(self) -> pl.Series:
        """Which decision each row is."""
        return self.frame["row_id"]


def examples(
    problem: Problem,
    lake: Lake,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
    engine: Engine | None = None,
) -> Examples:
    """Build the labelled decisions with start <= at < end whose label is known by `as_of`.

    Args:
        problem: features, target and their SQL.
        lake: the source tables.
        start: first moment, aware.
        end: first moment that is left out.
        as_of: what became known later is not used, neither as feature nor as label.
        engine: by default the one in `config/features.toml`.

    Raises:
        FeatureError: nothing was ingested, the SQL does not give what the problem describes, or a
            feature has a value that the problem does not allow.
    """
    settings = Settings.load()
    engine = engine or open_engine(settings)
    maturity = timedelta(days=problem.target.maturity_days)
    until = max(start, min(end, as_of - maturity + TICK))
    frame = build(problem, lake, start=start, end=until, as_of=as_of, engine=engine)
    parts = []
    for first, last, rows in _periods(frame, start, until, settings.chunk_rows):
        labels = engine.run(problem, lake, "labels", start=first, end=last, as_of=as_of)
        # The order of decisions, if all labels take equally long.
        known = labels.filter(pl.col("known_at") <= as_of).sort("known_at", "row_id")
        parts.append(_joined(rows, known.select("row_id", "target"), how="inner"))
    frame = pl.concat(parts)
    manifest = lake.manifest(
        sorted(set(problem.tables) & set(lake.tables())),
        start=start - timedelta(days=problem.lookback_days),
        end=as_of,
        known_by=as_of,
    )
    return Examples(
        dataset=_dataset(problem, frame, _truth(problem, lake, parts)),
        frame=frame,
        manifest=manifest,
    )


def _periods(
    frame: pl.DataFrame, start: datetime, end: datetime, rows: int
) -> Iterator[tuple[datetime, datetime, pl.DataFrame]]:
    """Divide decisions in order of time into periods of whole days with about so many rows each.

    What belongs to the decisions is read for one after the other, so that it need not fit into
    memory at once.
    """
    at = frame["at"]
    days = (midnight(at[number].date()) for number in range(rows, frame.height, rows))
    edges = [start, *dict.fromkeys(day for day in days if day > start), end]
    for first, last in pairwise(edges):
        low, high = (at.search_sorted(edge, side="left") for edge in (first, last))
        yield first, last, frame[low:high]


def _dataset(problem: Problem, frame: pl.DataFrame, truth: NDArray[np.float64] | None) -> Dataset:
    features = problem.bundle_features()
    if problem.spine.amount is None:
        amount = np.zeros(frame.height)
    else:
        amount = frame[problem.spine.amount].fill_null(0).to_numpy()
    return Dataset(
        features=features,
        X=matrix(frame, features),
        y=frame["target"].cast(pl.Boolean).to_numpy(),
        time=frame["at"].dt.replace_time_zone(None).to_numpy(),
        amount=amount,
        truth=truth,
    )


def _truth(
    problem: Problem, lake: Lake, parts: Sequence[pl.DataFrame]
) -> NDArray[np.float64] | None:
    """The hidden true probabilities, for reports alone: no SQL can see them."""
    name, table = problem.spine.truth, problem.spine.table
    if name is None or table is None or not any(map(len, parts)):
        return None
    (key,) = problem.tables[table].key
    found = []
    for part in filter(len, parts):
        first, last = part["at"][0], part["at"][-1]  # decisions are at whole seconds
        rows = lake.scan(table, start=first, end=last + timedelta(seconds=1))
        hidden = rows.select(row_id=pl.col(key).cast(pl.String), truth=pl.col(name)).collect()
        found.append(_joined(part.select("row_id"), hidden, how="left")["truth"])
    return pl.concat(found).to_numpy()


def _joined(
    frame: pl.DataFrame, other: pl.DataFrame, *, how: Literal["inner", "left"]
) -> pl.DataFrame:
    """Join on `row_id`, which rows in the same order, the usual case, do not need."""
    if frame["row_id"].equals(other["row_id"]):
        return frame.hstack(other.drop("row_id"))
    return frame.join(other, on="row_id", how=how, maintain_order="left")
