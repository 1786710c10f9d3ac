"""Reads CSV and JSON Lines files into the matrix that a model takes.

Unlike the service, which refuses a bad row, this never stops at a value: what is missing,
unreadable or an unknown category becomes NaN, which the detector counts in a bin of its own.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.bundle import Feature


def read(path: Path, features: Sequence[Feature]) -> NDArray[np.float32]:
    """Encode the rows of a file; columns that are not features are ignored.

    Args:
        path: a `.csv` file with a header, or a `.jsonl` file with one object per line.
        features: the columns to take, in order.

    Returns:
        The rows, shape [rows, features], NaN for missing.

    Raises:
        ValueError: if the file is of another kind, malformed or empty, or lacks a feature.
        OSError: if it cannot be read.
    """
    readers = {".csv": _csv, ".jsonl": _json_lines}
    if path.suffix not in readers:
        raise ValueError(f"{path}: expected a .csv or .jsonl file")
    try:
        rows = readers[path.suffix](path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not UTF-8 text") from error
    if not rows:
        raise ValueError(f"{path}: has no rows")
    known = set().union(*rows)
    if lacking := [feature.name for feature in features if feature.name not in known]:
        raise ValueError(f"{path}: has no column {', '.join(lacking)}")
    columns = [_encode((row.get(feature.name) for row in rows), feature) for feature in features]
    return np.array(columns, np.float32).T


def _csv(path: Path) -> list[Mapping[str, object]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _json_lines(path: Path) -> list[Mapping[str, object]]:
    with path.open(encoding="utf-8") as file:
        return [_json_object(line, f"{path}:{number}") for number, line in enumerate(file, start=1)]


def _json_object(line: str, place: str) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{place}: is not JSON") from error
    if isinstance(row, dict):
        return row
    raise ValueError(f"{place}: is not an object")


def _encode(values: Iterable[object], feature: Feature) -> list[float]:
    if feature.categories is None:
        return [_number(value) for value in values]
    codes = {category: float(code) for code, category in enumerate(feature.categories)}
    return [codes.get(value, nan) if isinstance(value, str) else nan for value in values]


def _number(value: object) -> float:
    if not isinstance(value, str | int | float):
        return nan
    try:
        number = float(value)
    except ValueError:
        return nan
    return number if isfinite(number) else nan
