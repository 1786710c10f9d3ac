"""`fraud-scoring compare-serving`: this service beside others."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from fraud_scoring.models_option import models_option


@click.command()
@click.option("--rounds", default=6, show_default=True, help="Six or more give intervals.")
@click.option("--duration", default=2.0, show_default=True, help="Seconds per closed loop.")
@click.option("--concurrency", default=16, show_default=True, help="Users of the closed loop.")
@click.option("--rate", default=25.0, show_default=True, help="Requests/s of the open loop.")
@click.option("--steady", default=5.0, show_default=True, help="Seconds per open loop.")
@models_option
def command(
    *,
    rounds: int,
    duration: float,
    concurrency: int,
    rate: float,
    steady: float,
    models_dir: Path,
) -> None:
    """Measure this service beside others that serve the same model, and record it.

    The others: FastAPI with pandas and scikit-learn, `mlflow models serve`, and a static answer,
    which no Python service on this server can beat. Closed loops give throughput and CPU time;
    open loops at a rate that all can serve give latency. The rounds are interleaved.
    """
    from fraud_scoring.bundle import Bundle, BundleError, Registry
    from fraud_scoring.load import compare, comparison_record
    from fraud_scoring.load.contenders import (
        ComparisonError,
        contenders,
    )
    from fraud_scoring.load.generate import Plan
    from fraud_scoring.load.service import StartError

    busy = Plan(concurrency, duration, warm_up=0.5, timeout=30)
    even = Plan(concurrency, steady, rate, warm_up=0.5, timeout=30)
    try:
        champion = Bundle.load(Registry(models_dir).resolve("champion"))
        with tempfile.TemporaryDirectory() as scratch:
            compared = compare.compare(
                contenders(champion, Path(), Path(scratch)),
                busy,
                even,
                rounds,
                lambda text: click.echo(text, err=True),
            )
    except (BundleError, ComparisonError, StartError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(comparison_record.table(compared))
    click.echo(f"Wrote {comparison_record.write(compared, busy, even, rounds)}")
