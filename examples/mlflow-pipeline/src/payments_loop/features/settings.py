"""`config/features.toml`: which engine computes features, and how much at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from payments_loop.features.errors import FeatureError

CONFIG = Path("config/features.toml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DuckDBSettings(_Part):
    """SQL in this process; `threads` 0 means one per core, `memory` is e.g. "4GB", empty its default."""

    threads: int = Field(default=0, ge=0)
    memory: str = Field(default="", pattern=r"^(\d+(\.\d+)?\s*[KMGT]i?B)?$")


class SparkSettings(_Part):
    """The distributed engine: where its cluster is, and further options of the session."""

    master: str = "local[2]"
    options: dict[str, str] = {}


class FeastSettings(_Part):
    """The feature store; the stores are what `feature_store.yaml` says, `${NAME}` is a variable.

    Attributes:
        folder: has a feature repository for each problem; relative to the root of the project.
        key: what features are stored by: the decision, or whom it is about.
        offline_store: reads the source for training sets.
        online_store: what `materialize` fills.
        registry: where the definitions are.
    """

    folder: str = "data/feast"
    key: Literal["row_id", "entities"] = "row_id"
    offline_store: dict[str, Any] = {"type": "duckdb"}
    online_store: dict[str, Any] = {"type": "sqlite", "path": "online.db"}
    registry: dict[str, Any] = {"path": "registry.db"}

    @field_validator("offline_store")
    @classmethod
    def _keeps_every_row(cls, store: dict[str, Any]) -> dict[str, Any]:
        if store.get("type") in {None, "file", "dask"}:
            raise ValueError('type: Feast\'s default drops rows without features; use "duckdb"')
        return store


class Settings(_Part):
    """The contents of `config/features.toml`.

    Attributes:
        engine: module in `features/engines` that computes features.
        chunk_rows: source rows that one run of the engine may read; longer periods take several.
    """

    engine: str = "polars"
    chunk_rows: int = Field(default=2_000_000, gt=0)
    duckdb: DuckDBSettings = DuckDBSettings()
    spark: SparkSettings = SparkSettings()
    feast: FeastSettings = FeastSettings()

    @classmethod
    def load(cls, root: Path = Path()) -> Settings:
        """Read the settings of the project in `root`; defaults where there is no file.

        Raises:
            FeatureError: the file is malformed or has an unknown key.
        """
        path = root / CONFIG
        if not path.exists():
            return cls()
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FeatureError(f"{path}: {error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise FeatureError(f"{path}: {place}: {first['msg']}") from error
