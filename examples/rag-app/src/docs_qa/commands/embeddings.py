"""`docs-qa embeddings`: the built-in embedding model."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def command() -> None:
    """Make the embedding model that runs here."""


@command.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="APP_EMBEDDING_DIR",
    default=Path("models/embedding"),
    show_default=True,
    show_envvar=True,
    help="Where the model goes.",
)
@click.option(
    "--source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the published files, instead of the installed package.",
)
def build(folder: Path, source: Path | None) -> None:
    """Build it from published weights, unless it is there and intact."""
    from docs_qa.store import StoreError
    from docs_qa.store.embeddings.build import build as build_model

    try:
        described = build_model(folder, source)
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{described} is complete")
