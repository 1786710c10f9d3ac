"""What Feast is told about a problem: `feature_store.yaml`, and the definitions in its registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from payments_loop.features.errors import FeatureError
from payments_loop.features.settings import FeastSettings
from payments_loop.problem import Problem

SOURCE = "features.parquet"
CREATED = "created_timestamp"
COMPUTED_FOR = "computed_for"
"""A column beside the features: the second of the decision that they were computed for."""


def key(problem: Problem, settings: FeastSettings) -> tuple[str, ...]:
    """The columns that features are found by.

    Raises:
        FeatureError: they shall be the entities, and the spine has none.
    """
    if settings.key == "row_id":
        return ("row_id",)
    if not problem.spine.entities:
        raise FeatureError(f'{problem.name}: the spine has no entities; set [feast] key = "row_id"')
    return problem.spine.entities


def history(problem: Problem) -> list[str]:
    """The features that the caller does not bring."""
    asked = {*problem.spine.entities, *problem.spine.request}
    return [name for name in problem.features if name not in asked]


def register(
    problem: Problem,
    settings: FeastSettings,
    folder: Path,
    source: pl.DataFrame,
) -> None:
    """Write `feature_store.yaml`, and the definitions into the registry."""
    import yaml
    from feast import FeatureStore

    config = {
        "project": problem.name,
        "provider": "local",
        "registry": settings.registry,
        "offline_store": settings.offline_store,
        "online_store": settings.online_store,
        "entity_key_serialization_version": 3,
    }
    text = yaml.safe_dump(config, sort_keys=False)
    (folder / "feature_store.yaml").write_text(text, encoding="utf-8")
    store = FeatureStore(repo_path=str(folder))
    store.apply(definitions(problem, key(problem, settings), folder / SOURCE, source))


def definitions(
    problem: Problem,
    names: Sequence[str],
    path: Path,
    source: pl.DataFrame,
) -> list[Any]:
    """The entities, the feature view and the feature service of a problem."""
    from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
    from feast.types import Float64, Int64, String

    integers = {name for name in names if source.schema[name].is_integer()}
    entities = [
        Entity(
            name=name,
            join_keys=[name],
            value_type=ValueType.INT64 if name in integers else ValueType.STRING,
        )
        for name in names
    ]
    features = [
        Field(
            name=name,
            dtype=Float64 if problem.features[name].kind == "numeric" else String,
            description=problem.features[name].description,
        )
        for name in history(problem)
    ]
    view = FeatureView(
        name=f"{problem.name}_history",
        description=problem.question,
        entities=entities,
        schema=[
            *(Field(name=name, dtype=Int64 if name in integers else String) for name in names),
            Field(name=COMPUTED_FOR, dtype=Int64),
            *features,
        ],
        source=FileSource(
            name=f"{problem.name}_features",
            path=str(path),
            timestamp_field="at",
            created_timestamp_column=CREATED,
        ),
        ttl=timedelta(0),  # no row expires; COMPUTED_FOR says how old it is
    )
    return [*entities, view, FeatureService(name=problem.name, features=[view])]
