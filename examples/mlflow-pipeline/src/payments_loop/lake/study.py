"""How long the lake takes for what is done every day."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from payments_loop import evidence
from payments_loop.lake import digest, schema
from payments_loop.lake.store import Lake
from payments_loop.lake.types import Batch
from payments_loop.problem import Column, Table

DAYS = 60
ROWS = 1500
REPEATS = 11
SEED = 7
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_TABLE = Table(
    name="events",
    key=("id",),
    event_time="time",
    source={"kind": "files"},
    columns={
        "id": Column(type="string"),
        "time": Column(type="datetime"),
        "customer": Column(type="string"),
        "terminal": Column(type="string"),
        "amount": Column(type="float"),
        "channel": Column(type="string"),
        "age": Column(type="float", nullable=True),
    },
)


def write(root: Path = Path()) -> Path:
    """Measure a lake with sixty days of 1500 rows, and write the evidence record.

    Args:
        root: root of the project.

    Returns:
        The path of the record.
    """
    with tempfile.TemporaryDirectory() as folder:
        return evidence.write(
            "ingestion",
            f"The lake with {DAYS} days of {ROWS:,} rows",
            list(_measured(folder)),
            command="make evidence",
            seed=SEED,
            root=root,
        )


def _measured(folder: str) -> Iterator[evidence.Value]:
    lake = Lake(folder)
    batches = _batches(DAYS + REPEATS)
    for _ in range(DAYS):
        lake.append(_TABLE, next(batches))
    yield _value("Append a day", [_seconds(partial(lake.append, _TABLE, b)) for b in batches])
    end = _BEGIN + timedelta(days=DAYS)

    def read() -> object:
        return lake.scan("events", start=_BEGIN, end=end, known_by=end).collect()

    def describe() -> object:
        return lake.manifest(["events"], start=_BEGIN, end=end, known_by=end)

    yield _value(
        f"Read {DAYS} days",
        [_seconds(read) for _ in range(REPEATS)],
    )
    yield _value(
        f"Manifest of {DAYS} days",
        [_seconds(describe) for _ in range(REPEATS)],
    )
    yield _value(
        "Ledger, read anew",
        [_seconds(lambda: Lake(folder).ledger()) for _ in range(REPEATS)],
    )


def _batches(days: int) -> Iterator[Batch]:
    random = np.random.default_rng(SEED)
    for number in range(days):
        day = _BEGIN + timedelta(days=number)
        second = np.sort(random.integers(0, 86400, ROWS))
        frame = pl.DataFrame(
            {
                "id": [f"e{number:03d}-{row:05d}" for row in range(ROWS)],
                "time": day + pl.Series(second * 1_000_000).cast(pl.Duration("us")),
                "customer": [f"c{one:04d}" for one in random.integers(0, 2000, ROWS)],
                "terminal": [f"t{one:03d}" for one in random.integers(0, 300, ROWS)],
                "amount": np.round(random.lognormal(3, 1, ROWS), 2),
                "channel": random.choice(["chip", "contactless", "online"], ROWS),
                "age": pl.Series(random.exponential(30, ROWS)),
            }
        ).cast(schema.of(_TABLE))
        arrived = day + timedelta(days=1)
        yield Batch(f"events-{day:%Y-%m-%d}", "events", frame, arrived, digest.of(frame))


def _seconds(call: Callable[[], object]) -> float:
    before = time.perf_counter()
    call()
    return time.perf_counter() - before


def _value(name: str, seconds: list[float]) -> evidence.Value:
    """Give the median in milliseconds, with a distribution-free 95 % interval of it."""
    ordered = sorted(1000 * second for second in seconds)
    # Ranks of the binomial interval for the median of eleven values: 97.9 %.
    low, high = ordered[1], ordered[-2]
    note = f"median of {len(ordered)}"
    return evidence.Value(name, statistics.median(ordered), "ms", low=low, high=high, note=note)
