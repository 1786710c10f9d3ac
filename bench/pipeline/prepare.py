"""Make a lake of N payments of half a year in FOLDER/lake, and the same rows as Parquet: prepare.py PACKAGE FOLDER N.

Runs in a generated project's environment. A day's rows arrive at the next midnight and are appended unchecked: what
is measured comes after ingestion.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import polars as pl

DAYS = 183


def main(package: str, folder: Path, rows: int) -> int:
    """Write both; print nothing."""
    payments = import_module(f"{package}.payments")
    lake = import_module(f"{package}.lake")
    problem = import_module(f"{package}.problem").load_problem("payments")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    world = payments.World(seed=7, start=start.date(), days=DAYS, per_day=round(rows / DAYS), incidents=())
    store = lake.Lake(str(folder / "lake"))
    digest = import_module(f"{package}.lake.digest")
    for name in ("payments", "reports"):
        frames = []
        for number in range(DAYS):
            day = (start + timedelta(days=number)).date()
            frame = getattr(world, name)(day)
            arrived = start + timedelta(days=number + 1)
            store.append(problem.tables[name], lake.Batch(f"{name}-{day}", name, frame, arrived, digest.of(frame)))
            times = [c for c in frame.columns if frame.schema[c].is_temporal()]
            frames.append(frame.with_columns(pl.col(times).dt.epoch("s")).drop("true_probability", strict=False))
        pl.concat(frames).write_parquet(folder / f"{name}.parquet")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
