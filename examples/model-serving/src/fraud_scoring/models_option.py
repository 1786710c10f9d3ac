"""The option that every command about models has."""

from __future__ import annotations

from pathlib import Path

import click

models_option = click.option(
    "--models-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="APP_MODELS_DIR",
    default=Path("models"),
    show_default=True,
    show_envvar=True,
    help="Folder of the model versions.",
)
