"""`fraud-scoring data`."""

from __future__ import annotations

import json
from pathlib import Path

import click

CONFIG = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/tabular-model.toml"),
    show_default=True,
    help="What to train on.",
)


@click.group()
def command() -> None:
    """Look at, check and export the data."""


@command.command()
@click.option("--rows", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--shift", is_flag=True, help="Payments after people's habits have changed.")
def sample(rows: int, seed: int, *, shift: bool) -> None:
    """Print generated payments as JSON, one per line."""
    from fraud_scoring import data

    for row in data.sample(rows, seed, shifted=shift):
        click.echo(json.dumps(row))


@command.command()
@CONFIG
def check(config_path: Path) -> None:
    """Check the configured data; exits with 1 if it is not fit to train on."""
    from fraud_scoring.training import config
    from fraud_scoring.training.errors import TrainingError
    from fraud_scoring.training.prepare import prepare

    try:
        prepared = prepare(config.load(config_path), click.echo)
    except TrainingError as error:
        raise click.ClickException(str(error)) from error
    for name, part in vars(prepared.splits).items():
        click.echo(
            f"{name:12} {len(part):>8,} rows, {part.y.mean():.2%} positive, "
            f"{part.time[0]:.16} to {part.time[-1]:.16}",
        )


@command.command()
@CONFIG
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def export(config_path: Path, path: Path) -> None:
    """Write the configured data to PATH, a .csv or .parquet file."""
    from fraud_scoring.training import config
    from fraud_scoring.training.errors import TrainingError
    from fraud_scoring.training.table import read

    try:
        settings = config.load(config_path)
        frame = read(settings.data, settings.seed)
    except TrainingError as error:
        raise click.ClickException(str(error)) from error
    if path.suffix == ".csv":
        frame.write_csv(path)
    elif path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        raise click.ClickException(f"{path}: only .csv and .parquet files are written")
    click.echo(f"{path}: {len(frame):,} rows")
