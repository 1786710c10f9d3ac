"""`fraud-scoring train`."""

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
    help="What to train on, and what decisions cost.",
)
@models_option
def command(config_path: Path, models_dir: Path) -> None:
    """Train a version and promote it if it is better than what there is."""
    from fraud_scoring.bundle import BundleError
    from fraud_scoring.tracking import TrackingError
    from fraud_scoring.training import config
    from fraud_scoring.training.errors import TrainingError
    from fraud_scoring.training.run import run

    try:
        outcome = run(config.load(config_path), Path(), models_dir, click.echo)
    except (TrainingError, TrackingError, BundleError) as error:
        raise click.ClickException(str(error)) from error
    made = outcome.bundle
    for name in ("auc", "average_precision", "log_loss", "calibration_error", "cost"):
        click.echo(f"Test, {name.replace('_', ' ')}: {outcome.evaluation[name]}")
    for check in outcome.checks:
        click.echo(f"Gate, {'passed' if check.passed else 'FAILED'}: {check.name} ({check.detail})")
    click.echo(f"Bundle: {made.path}, threshold {made.threshold:.4f} at a typical amount")
    if outcome.promoted:
        click.echo(f"{made.version} is champion")
    else:
        click.echo(f"{made.version} is NOT promoted: it stays challenger, for the reasons above")
