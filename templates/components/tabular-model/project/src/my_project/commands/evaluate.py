"""`my-project evaluate`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/tabular-model.toml"),
    show_default=True,
    help="What the model is measured on.",
)
@click.option(
    "--models-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="APP_MODELS_DIR",
    default=Path("models"),
    show_default=True,
    show_envvar=True,
    help="Folder of the model versions.",
)
@click.option("--model", default="champion", show_default=True, help="Alias or version.")
def command(config_path: Path, models_dir: Path, model: str) -> None:
    """Measure a model on the test period; write its evidence records and plots."""
    from my_project.bundle import BundleError
    from my_project.evaluation import EvaluationError
    from my_project.training import config, measure, record
    from my_project.training.errors import TrainingError

    try:
        settings = config.load(config_path)
        measured = measure.measure(settings, models_dir, model, click.echo)
    except (TrainingError, EvaluationError, BundleError) as error:
        raise click.ClickException(str(error)) from error
    for path in record.write(measured, settings, Path()):
        click.echo(f"Wrote {path}")
