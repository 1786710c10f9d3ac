"""A hash over the content of rows that does not depend on files, engines or library versions."""

from __future__ import annotations

import hashlib
import math

import polars as pl


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
    # One query each for all columns: small batches are many, and a query costs more than their rows.
    absent = frame.select(pl.all().is_null())
    values = frame.select(_values(pl.col(name), dtype) for name, dtype in frame.schema.items())
    strings = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    texts = frame.select(pl.col(strings).fill_null("").str.join(""))
    for name in sorted(frame.columns):
        dtype = frame.schema[name]
        digest.update(f"\0{name}\0{dtype}\0".encode())
        digest.update(absent[name].to_numpy().tobytes())
        numbers = values[name].to_numpy()
        digest.update(numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes())
        if dtype == pl.String:
            digest.update((texts[name].item() or "").encode())
        elif isinstance(dtype, pl.List):
            inner = frame[name].drop_nulls().explode().alias("")
            digest.update(of(inner.to_frame()).encode())
    return digest.hexdigest()


def _values(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Numbers as they are stored, 0 for null; the lengths of texts and lists."""
    if dtype == pl.String:
        return column.fill_null("").str.len_bytes().cast(pl.UInt32)
    if isinstance(dtype, pl.List):
        return column.list.len().fill_null(0).cast(pl.UInt32)
    if dtype == pl.Boolean:
        return column.cast(pl.UInt8).fill_null(0)
    if dtype.is_float():
        # One zero and one NaN: the others are equal to them.
        column = column.fill_nan(math.nan) + 0.0
    return column.to_physical().fill_null(0)


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
