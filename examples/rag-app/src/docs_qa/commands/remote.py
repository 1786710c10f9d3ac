"""`docs-qa remote`: the documents of a running service, which owns the index while it runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from docs_qa.rag_api.client import Client


@click.group()
@click.option(
    "--url",
    default=lambda: f"http://127.0.0.1:{os.environ.get('APP_PORT', '8000')}",
    help="Address of the service; http://127.0.0.1:$APP_PORT by default.",
)
@click.option("--key", help="API key; the first one of APP_API_KEYS by default.")
@click.pass_context
def command(context: click.Context, url: str, key: str | None) -> None:
    """Change the documents of a running service."""
    from docs_qa.rag_api.client import Client, RemoteError

    if key is None:
        key = os.environ.get("APP_API_KEYS", "").split(",")[0].strip()
    try:
        context.obj = Client(url, key)
    except RemoteError as error:
        raise click.BadParameter(str(error), param_hint="--url") from error


@command.command()
@click.pass_obj
def sync(client: Client) -> None:
    """Make the library equal to its folder."""
    _run(client, None)


@command.command()
@click.argument("what", nargs=-1, required=True, metavar="FILE|URL...")
@click.pass_obj
def add(client: Client, what: tuple[str, ...]) -> None:
    """Add files of this machine, or pages of the web."""
    for item in what:
        _run(client, item)


@command.command(name="list")
@click.pass_obj
def list_(client: Client) -> None:
    """List the documents."""
    from docs_qa.rag_api.client import RemoteError

    try:
        found = client.documents()
    except RemoteError as error:
        raise click.ClickException(str(error)) from error
    for entry in found:
        trouble = f"  {entry['problem']}" if entry["problem"] else ""
        click.echo(f"{entry['chunks']:>6}  {entry['kind']:<8}  {entry['id']}{trouble}")


@command.command()
@click.argument("document")
@click.pass_obj
def remove(client: Client, document: str) -> None:
    """Remove DOCUMENT; one that is in the folder returns with the next sync."""
    from docs_qa.rag_api.client import RemoteError

    try:
        client.remove(document)
    except RemoteError as error:
        raise click.ClickException(str(error)) from error


def _run(client: Client, item: str | None) -> None:
    """Start a job and show how it goes on.

    Raises:
        click.ClickException: it was refused, or it failed.
    """
    from docs_qa.rag_api.client import RemoteError

    name = item or "documents"
    try:
        if item is None:
            job = client.sync()
        elif item.startswith(("http://", "https://")):
            job = client.put_url(item)
        else:
            job = client.put(Path(item))
        for state in client.follow(job):
            click.echo(f"{name}: {state['state']} {state['done']}/{state['total']}", err=True)
    except (RemoteError, OSError) as error:
        raise click.ClickException(f"{name}: {error}") from error
    if state["problem"]:
        click.echo(f"{name}: {state['problem']}", err=True)
    if state["state"] == "failed":
        raise click.ClickException(f"{name}: not indexed")
