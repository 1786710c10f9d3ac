"""`payments-loop pipeline simulate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--seed", type=int, default=7, show_default=True, help="Of the world.")
@click.option("--seeds", type=click.IntRange(1), default=1, help="So many worlds, from --seed on.")
@click.option("--weeks", type=click.IntRange(4), default=26, show_default=True, help="To play.")
@click.option(
    "--per-day",
    type=click.IntRange(100),
    default=1000,
    show_default=True,
    help="Payments on an average day.",
)
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="At once.")
@click.option(
    "--record",
    "alternatives",
    is_flag=True,
    help="Compare with other policies, write the evidence.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/simulation"),
    show_default=True,
    help="Where the simulated projects are; kept for you to look into.",
)
def simulate(jobs: int, **asked: Any) -> None:
    """Play half a year of data through the loop, and mark it against what really happened."""
    # Tables and matrices are small: waking a second thread takes longer than it saves, and the number
    # of NumPy's changes the last digits. Read when NumPy and Polars are first imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    from payments_loop.pipeline.simulation.run import Plan, run

    run(Plan(**asked), jobs=jobs, say=click.echo)
