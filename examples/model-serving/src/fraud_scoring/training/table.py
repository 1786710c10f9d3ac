"""Reading the rows, and turning them into what models take."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from fraud_scoring import data
from fraud_scoring.bundle import Encoder, Feature
from fraud_scoring.evaluation import Dataset

from .config import Config, Data
from .errors import TrainingError


def to_frame(rows: Dataset) -> pl.DataFrame:
    """`X` with the names of its columns, which is what scikit-learn is given."""
    return pl.DataFrame(rows.X, schema=list(rows.columns))


def read(config: Data, seed: int) -> pl.DataFrame:
    """Generate or read the table, every column included; missing is null everywhere.

    Raises:
        TrainingError: the file is missing, of another kind, or unreadable.
    """
    frame = _generate(config, seed) if config.generated else _read(Path(config.source))
    return frame.with_columns(cs.decimal().cast(pl.Float64)).with_columns(cs.float().fill_nan(None))


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".csv":
            # Types are inferred from all rows: the first hundred may all be missing.
            return pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrainingError(f"{path}: {error}") from error
    raise TrainingError(f"{path}: only .csv and .parquet files are read")


def content_hash(frame: pl.DataFrame) -> str:
    """SHA-256 of the content: the same for the same rows in CSV and in Parquet."""
    return hashlib.sha256(frame.write_csv().encode()).hexdigest()


def to_dataset(frame: pl.DataFrame, features: tuple[Feature, ...], config: Config) -> Dataset:
    """Encode validated rows, in order of time; rows of the same time keep their order."""
    columns = config.data
    frame = frame.with_columns(time_of(frame, columns.time)).sort(columns.time, maintain_order=True)
    names = [feature.name for feature in features]
    nothing = np.zeros(len(frame))
    return Dataset(
        features=features,
        X=Encoder(features).encode(frame.select(names).to_dicts()),
        y=frame.select(positive(columns)).to_series().to_numpy(),
        time=frame[columns.time].dt.replace_time_zone(None).to_numpy(),
        amount=frame[columns.amount].cast(pl.Float64).to_numpy() if columns.amount else nothing,
        truth=frame[columns.truth].to_numpy() if columns.truth else None,
    )


def positive(config: Data) -> pl.Expr:
    """The target as a boolean."""
    column = pl.col(config.target)
    if config.target_above is not None:
        return column > config.target_above
    if config.positive is not None:
        return column == config.positive
    return column.cast(pl.Boolean)


def time_of(frame: pl.DataFrame, column: str) -> pl.Expr:
    """The time column in UTC; a time without zone is taken to be UTC."""
    kind = frame.schema[column]
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        return pl.col(column).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    return pl.col(column).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _generate(config: Data, seed: int) -> pl.DataFrame:
    payments = data.generate(data.Stream(rows=config.rows, weeks=config.weeks, seed=seed))
    start = pl.lit(data.START).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(
        {
            "payment_id": np.arange(len(payments)),
            "time": payments.time,
            **payments.features,
            "true_probability": payments.probability,
            "fraud": payments.fraud,
        }
    ).with_columns(
        (start + pl.duration(seconds=pl.col("time"))).alias("time"),
    )
