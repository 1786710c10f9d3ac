"""`payments-loop registry`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payments_loop.models_option import models_option

if TYPE_CHECKING:
    from payments_loop.registry import ModelRegistry


@click.group()
@models_option
@click.pass_context
def command(context: click.Context, models_dir: Path) -> None:
    """Decide which version serves: promote, roll back, challenge, and see why."""
    context.obj = models_dir


@contextmanager
def _registry(models_dir: Path) -> Iterator[ModelRegistry]:
    """The registry; what goes wrong with it becomes a message instead of a traceback."""
    from payments_loop.bundle import BundleError, Registry
    from payments_loop.registry import (
        ModelRegistry,
        RegistryError,
    )
    from payments_loop.tracking import TrackingError, connect

    try:
        yield ModelRegistry(connect(), Registry(models_dir))
    except (BundleError, RegistryError, TrackingError) as error:
        raise click.ClickException(str(error)) from error


reason_option = click.option("--reason", required=True, help="Why; it is kept in the record.")


@command.command()
@click.pass_obj
def status(models_dir: Path) -> None:
    """Show the aliases, and the last decision."""
    with _registry(models_dir) as registry:
        for alias, version in sorted(registry.aliases().items()):
            click.echo(f"{alias:12} {version}")
        for record in registry.history(1):
            click.echo(
                f"{record.at:%Y-%m-%d %H:%M} {record.action} by {record.by}: {record.reason}"
            )


@command.command()
@click.argument("version")
@click.option(
    "--decision",
    "decision_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON of the gate's decision; without it, --reason says why it is not needed.",
)
@click.option("--reason", default="", help="Why; it is kept in the record.")
@click.pass_obj
def promote(models_dir: Path, version: str, decision_path: Path | None, reason: str) -> None:
    """Make VERSION champion, as the gate decided or for a reason of your own."""
    from pydantic import ValidationError

    from payments_loop.registry import Decision

    decision = None
    if decision_path is not None:
        try:
            decision = Decision.model_validate_json(decision_path.read_text())
        except ValidationError as error:
            raise click.ClickException(f"{decision_path} is no decision of the gate") from error
    with _registry(models_dir) as registry:
        registry.promote(version, decision, reason=reason)
    click.echo(f"{version} is champion")


@command.command()
@reason_option
@click.pass_obj
def rollback(models_dir: Path, reason: str) -> None:
    """Make the previous champion champion again."""
    with _registry(models_dir) as registry:
        click.echo(f"{registry.rollback(reason)} is champion")


@command.command()
@click.argument("version")
@click.option("--reason", default="", help="Why; it is kept in the record.")
@click.pass_obj
def challenge(models_dir: Path, version: str, reason: str) -> None:
    """Let VERSION challenge the champion in the service; `none` ends the challenge."""
    with _registry(models_dir) as registry:
        registry.challenge(None if version == "none" else version, reason=reason)
    click.echo("no challenger" if version == "none" else f"{version} is challenger")


@command.command()
@click.pass_obj
def pull(models_dir: Path) -> None:
    """Bring the folder of models in line with the registry."""
    with _registry(models_dir) as registry:
        fetched = registry.pull()
    click.echo(f"fetched {', '.join(fetched)}" if fetched else "nothing new")


@command.command()
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True)
@click.pass_obj
def history(models_dir: Path, last: int) -> None:
    """List the last decisions: when, what, who, why."""
    with _registry(models_dir) as registry:
        for record in registry.history(last):
            outcome = "" if record.outcome == "done" else f" ({record.outcome})"
            click.echo(
                f"{record.at:%Y-%m-%d %H:%M}  {record.action:9} {record.version or '-':32} "
                f"{record.by}: {record.reason}{outcome}"
            )


@command.command()
@click.option(
    "--metrics",
    "url",
    default="http://127.0.0.1:8000/metrics",
    show_default=True,
    help="Where the service that splits its traffic publishes its metrics.",
)
@click.option("--advance", is_flag=True, help="Promote the challenger if it may be.")
@click.option("--abort", is_flag=True, help="End the challenge if it did badly.")
@click.pass_obj
def canary(models_dir: Path, url: str, *, advance: bool, abort: bool) -> None:
    """Judge the challenger by the traffic that it answered; exit status 1 if it may not go on."""
    from payments_loop.bundle import Bundle
    from payments_loop.registry import load_policy
    from payments_loop.registry.canary import judge, read

    with _registry(models_dir) as registry:
        challenger = registry.aliases().get("challenger")
        if challenger is None:
            raise click.ClickException("there is no challenger")
        positive = Bundle.load(registry.models.resolve(challenger)).manifest.decisions[1]
        verdict = judge(read(url, positive), challenger, load_policy().canary)
        for check in verdict.checks:
            click.echo(f"{'passed' if check.passed else 'FAILED'}: {check.name} ({check.detail})")
        if verdict.outcome == "good" and advance:
            registry.promote(challenger, reason=verdict.reason)
            click.echo(f"{challenger} is champion")
        elif verdict.outcome == "bad" and abort:
            registry.challenge(None, reason=verdict.reason)
            click.echo("no challenger")
    raise SystemExit(0 if verdict.outcome == "good" else 1)


@command.command()
def study() -> None:
    """Measure how often the gate promotes what is no better, and what is."""
    from payments_loop.registry.measure import measure

    click.echo(f"Wrote {measure()}")
