"""`text2json adapters`: the versions, and which one is in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


@click.group()
def command() -> None:
    """List, promote, challenge and roll back adapters."""


@contextmanager
def _explained() -> Iterator[None]:
    from text2json.llm import ModelError

    try:
        yield
    except ModelError as error:
        raise click.ClickException(str(error)) from error


@command.command("list")
def list_versions() -> None:
    """Show every version with its aliases and measured numbers."""
    from text2json.llm import adapters

    known = adapters()
    with _explained():
        aliases = known.aliases()
        for version in known.versions():
            card = known.card(version)
            named = ", ".join(alias for alias, target in aliases.items() if target == version)
            loss = card["metrics"]["validation_loss"]
            click.echo(f"{version:20} {card['created']}  {named or '-':20} loss {loss:.4f}")


@command.command()
@click.argument("version")
def promote(version: str) -> None:
    """Make VERSION champion."""
    from text2json.llm import adapters

    with _explained():
        adapters().promote(version)
    click.echo(f"{version} is champion")


@command.command()
@click.argument("version")
def challenge(version: str) -> None:
    """Make VERSION challenger; `none` ends the challenge."""
    from text2json.llm import adapters

    with _explained():
        adapters().challenge(None if version == "none" else version)
    click.echo("no challenger" if version == "none" else f"{version} is challenger")


@command.command()
def rollback() -> None:
    """Make the previous champion champion again."""
    from text2json.llm import adapters

    with _explained():
        version = adapters().rollback()
    click.echo(f"{version} is champion")
