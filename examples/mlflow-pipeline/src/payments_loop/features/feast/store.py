"""Features out of Feast: training sets as of each decision, and the newest ones by key.

Both give a row for each one that is asked for, or fail: what Feast does not find is never left out.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from payments_loop.features import relations
from payments_loop.features.errors import FeatureError
from payments_loop.features.feast.definitions import (
    COMPUTED_FOR,
    SOURCE,
    history,
    key,
)
from payments_loop.features.feast.repository import repository, require
from payments_loop.features.settings import Settings
from payments_loop.features.times import epoch, moment
from payments_loop.problem import Problem

_TIME = "event_timestamp"


class Store:
    """The feature store of a problem."""

    def __init__(self, problem: Problem, root: Path = Path()) -> None:
        """Open the repository that `apply` wrote for the project in `root`.

        Raises:
            FeatureError: Feast is not installed, or there is no repository.
        """
        settings = Settings.load(root).feast
        require()
        from feast import FeatureStore

        self._problem = problem
        self._folder = repository(problem, settings, root)
        if not (self._folder / SOURCE).exists():
            next_step = "run `payments-loop features feast apply`"
            raise FeatureError(f"no feature repository in {self._folder}: {next_step}")
        self._key = key(problem, settings)
        self._feast = FeatureStore(repo_path=str(self._folder))

    def training_set(self, asked: pl.DataFrame) -> pl.DataFrame:
        """The features of decisions, as they were known to each.

        Args:
            asked: `row_id`, `at`, the entities and request columns of decisions: what an engine
                gives for "spine".

        Returns:
            What `features.build` gives for them.

        Raises:
            FeatureError: Feast lost or repeated a decision, or has features of another time.
        """
        wanted = dict.fromkeys(("row_id", *self._key))
        rows = asked.select(*wanted, pl.col("at").alias(_TIME))
        job = self._feast.get_historical_features(
            entity_df=rows.to_pandas(),
            features=self._feast.get_feature_service(self._problem.name),
        )
        found = pl.DataFrame(job.to_arrow())
        if found.height != asked.height or found["row_id"].n_unique() != asked.height:
            raise FeatureError(f"Feast gives {found.height} rows for {asked.height} decisions")
        right = asked.select("row_id", epoch("at").alias("asked_for"))
        found = found.join(right, on="row_id", how="inner")
        other = found.filter(pl.col(COMPUTED_FOR).ne_missing(pl.col("asked_for")))
        if not other.is_empty():
            first: str = other["row_id"].sort()[0]
            raise FeatureError(
                f"{other.height} of {found.height} decisions have no features of their time in "
                f"{self._folder}, e.g. {first}: apply a period that has them"
            )
        names = dict.fromkeys(("row_id", "at", *self._problem.spine.entities))
        result = relations.assembled(self._problem, asked, found)
        return result.select(*names, *(n for n in self._problem.features if n not in names))

    def materialize(self, as_of: datetime) -> int:
        """Copy the newest features of each key, from decisions up to `as_of`, to the online store.

        Returns:
            How many keys there are.

        Raises:
            FeatureError: there are none.
        """
        rows = pl.scan_parquet(self._folder / SOURCE).filter(pl.col("at") <= as_of)
        first, keys = (
            rows.select(pl.col("at").min(), pl.struct(self._key).n_unique().alias("keys"))
            .collect()
            .row(0)
        )
        if first is None:
            raise FeatureError(f"{self._folder / SOURCE} has no decisions up to {as_of}")
        with contextlib.redirect_stdout(io.StringIO()):  # Feast tells its progress in colours
            self._feast.materialize(start_date=first, end_date=as_of)
        return int(keys)

    def online(self, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
        """The newest materialized features of some keys.

        Args:
            rows: each has the columns of the key.

        Returns:
            A row for each one given, in order: the key, `computed_for` (Datetime, UTC; null when
            the store does not have it), and the features that the caller does not bring.

        Raises:
            FeatureError: there are no rows, a column of the key is missing, or Feast lost a row.
        """
        if not rows:
            raise FeatureError("no keys to look up")
        for row in rows:
            for name in self._key:
                if row.get(name) is None:
                    raise FeatureError(f"{name}: is missing")
        response = self._feast.get_online_features(
            features=self._feast.get_feature_service(self._problem.name),
            entity_rows=[{name: row[name] for name in self._key} for row in rows],
        )
        names = [*self._key, COMPUTED_FOR, *history(self._problem)]
        found = response.to_dict()
        frame = pl.DataFrame({name: found[name] for name in names}, strict=False)
        if frame.height != len(rows):
            raise FeatureError(f"Feast gives {frame.height} rows for {len(rows)} keys")
        typed = [
            pl.col(name).cast(pl.String)
            if self._problem.features[name].kind == "categorical"
            else pl.col(name).cast(pl.Float64)
            for name in history(self._problem)
        ]
        return frame.with_columns(moment(COMPUTED_FOR), *typed)
