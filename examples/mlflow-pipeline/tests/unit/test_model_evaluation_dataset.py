"""Rows by mask, slice and time."""

from __future__ import annotations

import numpy as np

from payments_loop.evaluation import Dataset


def test_rows_are_chosen_alike_by_mask_and_by_slice(rows: Dataset) -> None:
    mask = np.arange(len(rows)) < 7
    one, other = rows.rows(mask), rows.rows(slice(7))
    assert len(one) == 7
    np.testing.assert_array_equal(one.X, other.X)
    assert one.truth is not None
    assert one.columns == ("amount", "age_days", "abroad", "channel")


def test_period_includes_its_start_and_not_its_end(rows: Dataset) -> None:
    part = rows.between(rows.time[10], rows.time[20])
    assert (part.time[0], part.time[-1]) == (rows.time[10], rows.time[19])
    assert len(rows.between(None, None)) == len(rows)
    assert len(rows.between(rows.time[20], rows.time[10])) == 0
