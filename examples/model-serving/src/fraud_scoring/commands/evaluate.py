"""`fraud-scoring evaluate`."""

from __future__ import annotations

from pathlib import Path

import click

from fraud_scoring.models_option import models_option


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/tabular-model.toml"),
    show_default=True,
    help="What the model is measured on.",
)
@models_option
@click.option("--model", default="champion", show_default=True, help="Alias or version.")
def command(config_path: Path, models_dir: Path, model: str) -> None:
    """Measure a model on the test period; write its evidence records and plots."""
    from fraud_scoring.bundle import BundleError
    from fraud_scoring.evaluation import EvaluationError
    from fraud_scoring.training import config, measure, record
    from fraud_scoring.training.errors import TrainingError

    try:
        settings = config.load(config_path)
        measured = measure.measure(settings, models_dir, model, click.echo)
    except (TrainingError, EvaluationError, BundleError) as error:
        raise click.ClickException(str(error)) from error
    for path in record.write(measured, settings, Path()):
        click.echo(f"Wrote {path}")
