"""A hash over the content of rows that does not depend on files, engines or library versions."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import polars as pl
from numpy.typing import NDArray


def of(frame: pl.DataFrame) -> str:
    """Hash rows in their order: SHA-256 over each column's name, type, nulls and values.

    Values are hashed as little-endian numbers (times as microseconds since 1970) and as UTF-8
    with the lengths in bytes. Columns are taken by name, so their order does not matter.

    Args:
        frame: columns of the types that the lake stores.

    Returns:
        64 hex digits.
    """
    digest = hashlib.sha256(str(frame.height).encode())
    for name in sorted(frame.columns):
        column = frame[name]
        digest.update(f"\0{name}\0{column.dtype}\0".encode())
        digest.update(column.is_null().to_numpy().tobytes())
        if isinstance(column.dtype, pl.List):
            lengths = column.list.len().fill_null(0)
            digest.update(lengths.to_numpy().astype("<u4").tobytes())
            inner = column.drop_nulls().explode().alias("")
            digest.update(of(inner.to_frame()).encode())
        elif column.dtype == pl.String:
            text = column.fill_null("")
            digest.update(text.str.len_bytes().cast(pl.UInt32).to_numpy().astype("<u4").tobytes())
            digest.update((text.str.join("").item() or "").encode())
        else:
            digest.update(_numbers(column).tobytes())
    return digest.hexdigest()


def _numbers(column: pl.Series) -> NDArray[np.generic]:
    if column.dtype == pl.Boolean:
        return column.cast(pl.UInt8).fill_null(0).to_numpy()
    if column.dtype.is_float():
        # One zero and one NaN: the others are equal to them.
        column = column.fill_nan(math.nan) + 0.0
    physical = column.to_physical().fill_null(0).to_numpy()
    return physical.astype(physical.dtype.newbyteorder("<"), copy=False)


def of_any(frame: pl.DataFrame) -> str:
    """Hash rows of any types, as a source gave them: SHA-256 of them as JSON Lines."""
    return hashlib.sha256(frame.write_ndjson().encode()).hexdigest()


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort rows by all columns that have an order, by name; for tables without a key."""
    plain = [name for name in sorted(frame.columns) if not frame[name].dtype.is_nested()]
    return frame.sort(plain) if plain else frame


def same_rows(first: pl.DataFrame, second: pl.DataFrame) -> bool:
    """Whether two frames have the same rows, in any order, after a cast to the first's types."""
    if first.columns != second.columns or first.height != second.height:
        return False
    return ordered(first).equals(ordered(second.cast(first.schema)))
