"""Tables of one's own: what is inferred, what is refused, and that the format does not matter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fraud_scoring.training.config import Config, Data, Override
from fraud_scoring.training.errors import TrainingError
from fraud_scoring.training.schema import features_of
from fraud_scoring.training.table import content_hash, read, to_dataset


def _config(
    small_config: Config, features: dict[str, Override] | None = None, **data: object
) -> Config:
    settings = {"source": "rows.csv", "target": "bought", "time": "day", "amount": None}
    return small_config.model_copy(
        update={"data": Data.model_validate(settings | data), "features": features or {}}
    )


@pytest.fixture
def frame() -> pl.DataFrame:
    rows = 100
    return pl.DataFrame(
        {
            "day": [date(2026, 1, 1) + timedelta(days=i) for i in range(rows)],
            "price": [float(i) if i % 10 else None for i in range(rows)],
            "shop": ["south" if i % 3 else "north" for i in range(rows)],
            "member": [i % 2 == 0 for i in range(rows)],
            "note": [f"note {i}" for i in range(rows)],
            "bought": ["yes" if i % 4 == 0 else "no" for i in range(rows)],
        }
    )


def test_features_are_inferred(frame: pl.DataFrame, small_config: Config) -> None:
    features = features_of(frame, _config(small_config, drop=["note"], positive="yes"))
    assert [(f.name, f.kind, f.nullable) for f in features] == [
        ("price", "numeric", True),
        ("shop", "categorical", False),
        ("member", "numeric", False),
    ]
    assert features[1].categories == ("north", "south")


def test_overrides_are_applied(frame: pl.DataFrame, small_config: Config) -> None:
    overrides = {"price": Override(minimum=0, unit="EUR")}
    config = _config(small_config, overrides, drop=["note"], positive="yes")
    assert features_of(frame, config)[0].minimum == 0
    assert features_of(frame, config)[0].unit == "EUR"


@pytest.mark.parametrize(
    ("data", "features", "message"),
    [
        ({}, {}, "'note' has 100 distinct texts"),
        ({"target": "sold"}, {}, "no column 'sold'"),
        ({"drop": ["note", "colour"]}, {}, "no column 'colour'"),
        ({"drop": ["note"]}, {"colour": Override()}, r"\[features.colour\]"),
        ({"time": "shop", "drop": ["note"]}, {}, "'day' is a Date"),
    ],
)
def test_unusable_columns_are_named(
    frame: pl.DataFrame,
    small_config: Config,
    data: dict[str, object],
    features: dict[str, Override],
    message: str,
) -> None:
    with pytest.raises(TrainingError, match=message):
        features_of(frame, _config(small_config, features, **data))


def test_rows_are_encoded_in_order_of_time(frame: pl.DataFrame, small_config: Config) -> None:
    config = _config(small_config, drop=["note"], positive="yes")
    features = features_of(frame, config)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    dataset = to_dataset(shuffled, features, config)
    expected = to_dataset(frame, features, config)
    np.testing.assert_array_equal(dataset.X, expected.X)
    np.testing.assert_array_equal(dataset.y, np.arange(100) % 4 == 0)
    assert np.isnan(dataset.X[0, 0])
    assert dataset.time[1] - dataset.time[0] == np.timedelta64(1, "D")
    assert dataset.amount.sum() == 0


def test_number_becomes_a_target_by_a_bound(frame: pl.DataFrame, small_config: Config) -> None:
    config = _config(small_config, target="price", target_above=49, drop=["note", "bought"])
    frame = frame.fill_null(0)
    dataset = to_dataset(frame, features_of(frame, config), config)
    assert dataset.y.sum() == 45


def test_same_rows_in_csv_and_parquet_are_the_same_data(
    tmp_path: Path,
    small_config: Config,
) -> None:
    frame = read(small_config.data, seed=1)
    frame.write_csv(tmp_path / "rows.csv")
    frame.write_parquet(tmp_path / "rows.parquet")
    csv, parquet = (
        read(small_config.data.model_copy(update={"source": str(tmp_path / name)}), seed=1)
        for name in ("rows.csv", "rows.parquet")
    )
    assert content_hash(csv) == content_hash(parquet) == content_hash(frame)
    assert content_hash(frame.head(10)) != content_hash(frame)


def test_not_a_number_is_missing(tmp_path: Path, small_config: Config) -> None:
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"x": [1.0, float("nan"), None]}).write_parquet(path)
    frame = read(small_config.data.model_copy(update={"source": str(path)}), seed=1)
    assert frame["x"].to_list() == [1.0, None, None]


@pytest.mark.parametrize("name", ["absent.csv", "rows.xlsx", "broken.parquet"])
def test_unreadable_file_is_named(tmp_path: Path, small_config: Config, name: str) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"no parquet")
    source = str(tmp_path / name)
    with pytest.raises(TrainingError, match=name):
        read(small_config.data.model_copy(update={"source": source}), seed=1)


def test_time_zones_are_brought_to_utc(small_config: Config) -> None:
    config = _config(small_config, drop=[])
    utc = [datetime(2026, 7, 1, hour, tzinfo=UTC) for hour in (0, 1)]
    local = pl.Series(utc).dt.convert_time_zone("Europe/Berlin")
    frame = pl.DataFrame({"day": local, "x": [1.0, 2.0], "bought": [0, 1]})
    dataset = to_dataset(frame, features_of(frame, config), config)
    assert dataset.time[0] == np.datetime64("2026-07-01T00:00:00")
