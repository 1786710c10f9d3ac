"""`docs-qa store`: the index itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


@click.group()
def command() -> None:
    """Inspect and maintain the index."""


@command.command()
def info() -> None:
    """Say what is indexed, with what and where."""
    from docs_qa.store import open_index

    with _explained(), open_index() as index:
        settings = index.settings
        place = settings.store_url or settings.data_dir / "index"
        click.echo(f"store       {settings.store} ({place})")
        click.echo(f"embeddings  {index.embeddings.name}, {index.embeddings.dimensions} dimensions")
        click.echo(f"identity    {index.store.identity}")
        click.echo(f"chunks      {index.store.count()}")


@command.command()
def optimize() -> None:
    """Merge segments and build the vector index now."""
    from docs_qa.store import open_index

    with _explained(), open_index() as index:
        index.store.optimize()
        click.echo(f"{index.store.count()} chunks, optimised")


@command.command()
@click.confirmation_option(prompt="Index every document again? Searches find nothing until then.")
def rebuild() -> None:
    """Empty the index and add every document of the library to it again.

    Needed after a change of the embedding model. Stop the service first.
    """
    from docs_qa.documents import Library
    from docs_qa.store import open_index

    with _explained(), open_index(verify=False) as index, Library() as library:
        index.store.clear()
        report = library.sync(library.settings.folder, index.sink(), rebuild=True)
        for skipped in report.skipped:
            click.echo(f"skipped {skipped.document}: {skipped.problem}", err=True)
        click.echo(f"{index.store.count()} chunks with {index.signature}")


@command.command()
@click.option("--passages", type=click.IntRange(min=16), default=512, show_default=True)
def measure(passages: int) -> None:
    """Measure indexing against the bare embedding model, and searching; write the record."""
    from docs_qa.store.measure import record

    with _explained():
        click.echo(f"wrote {record(passages)}")


@contextmanager
def _explained() -> Iterator[None]:
    from docs_qa.documents.library import LibraryError
    from docs_qa.store import StoreError

    try:
        yield
    except (StoreError, LibraryError, ValueError) as error:
        raise click.ClickException(str(error)) from error
