"""`fraud-scoring models`: the versions of the model, and which one serves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from fraud_scoring.models_option import models_option


@click.group()
@models_option
@click.pass_context
def command(context: click.Context, models_dir: Path) -> None:
    """List, promote, challenge and roll back model versions."""
    context.obj = models_dir


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what is wrong on disk into a message instead of a traceback."""
    from fraud_scoring.bundle import BundleError

    try:
        yield
    except BundleError as error:
        raise click.ClickException(str(error)) from error


@command.command("list")
@click.pass_obj
def list_versions(models_dir: Path) -> None:
    """Show every version with its date, its aliases and its metrics."""
    from fraud_scoring.bundle import Bundle, Registry

    registry = Registry(models_dir)
    with _explained():
        aliases = registry.aliases()
        for version in registry.versions():
            manifest = Bundle.load(registry.resolve(version)).manifest
            named = ", ".join(alias for alias, target in aliases.items() if target == version)
            metrics = "  ".join(f"{name} {value:.4g}" for name, value in manifest.metrics.items())
            made = f"{manifest.created:%Y-%m-%d %H:%M}"
            click.echo(f"{version:24} {made}  {named or '-':20} {metrics}")


@command.command()
@click.argument("version")
@click.pass_obj
def promote(models_dir: Path, version: str) -> None:
    """Verify VERSION (or the challenger) and make it champion."""
    from fraud_scoring.bundle import Bundle, Registry

    registry = Registry(models_dir)
    with _explained():
        bundle = Bundle.load(registry.resolve(version))
        registry.promote(bundle.version)
    click.echo(f"{bundle.version} is champion")


@command.command()
@click.argument("version")
@click.pass_obj
def challenge(models_dir: Path, version: str) -> None:
    """Verify VERSION and make it challenger; `none` ends the challenge."""
    from fraud_scoring.bundle import Bundle, Registry

    registry = Registry(models_dir)
    with _explained():
        if version == "none":
            registry.set_challenger(None)
            click.echo("no challenger")
            return
        bundle = Bundle.load(registry.resolve(version))
        registry.set_challenger(bundle.version)
    click.echo(f"{bundle.version} is challenger")


@command.command()
@click.pass_obj
def rollback(models_dir: Path) -> None:
    """Make the previous champion champion again."""
    from fraud_scoring.bundle import Registry

    with _explained():
        version = Registry(models_dir).rollback()
    click.echo(f"{version} is champion")
