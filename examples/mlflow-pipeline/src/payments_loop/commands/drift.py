"""`payments-loop drift`: compares rows in a file with what a model was built on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payments_loop.models_option import models_option

if TYPE_CHECKING:
    from payments_loop.bundle import Bundle


@click.group()
@models_option
@click.option(
    "--model",
    default="champion",
    show_default=True,
    help="Version or alias whose reference counts.",
)
@click.pass_context
def command(context: click.Context, models_dir: Path, model: str) -> None:
    """Find out whether data still looks like what the model was built on."""
    context.obj = models_dir, model


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--threshold",
    type=click.FloatRange(min=0, min_open=True),
    default=0.2,
    show_default=True,
    help="PSI above which a variable has drifted.",
)
@click.option(
    "--minimum-rows",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Refuse to judge fewer rows than this.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.pass_obj
def report(
    chosen: tuple[Path, str],
    file: Path,
    threshold: float,
    minimum_rows: int,
    as_json: bool,
) -> None:
    """Measure the drift of FILE (.csv or .jsonl) against the model's reference.

    The rows are scored as well, to see whether the predictions drift. Exit status: 0 without
    drift, 1 with drift, 2 if it cannot be told.
    """
    import numpy as np

    from payments_loop.drift import Detector, files
    from payments_loop.drift.table import render

    bundle = _load(chosen)
    try:
        features = files.read(file, bundle.features)
    except (OSError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    if len(features) < minimum_rows:
        raise click.UsageError(
            f"{file}: has {len(features)} rows; {minimum_rows} are needed, or --minimum-rows"
        )
    window = np.column_stack([features, bundle.predict(features)])
    measured = Detector.of(bundle).measure(window)
    variables = (*measured.features, measured.prediction)
    drifted = [variable.name for variable in variables if variable.drifted(threshold)]
    if as_json:
        facts = asdict(measured) | {"model_version": bundle.version, "drifted": drifted}
        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo(f"{measured.rows} rows of {file} against model {bundle.version}\n")
        click.echo(render(measured, threshold))
        click.echo(f"\n{len(drifted)} of {len(variables)} variables drifted (PSI > {threshold:g})")
    sys.exit(1 if drifted else 0)


@command.command()
@click.option("--seeds", type=click.IntRange(min=5), default=30, show_default=True)
@click.pass_obj
def measure(chosen: tuple[Path, str], seeds: int) -> None:
    """Measure false alarms and detection delay for this model; write the evidence record."""
    from payments_loop.bundle import Registry
    from payments_loop.drift import record

    models_dir, model = chosen
    with _explained():
        unknown = model == "champion" and model not in Registry(models_dir).aliases()
    if unknown:
        click.echo("No champion yet: the drift detector cannot be measured. Train a model first.")
        return
    click.echo(f"wrote {record.write(_load(chosen), seeds)}")


def _load(chosen: tuple[Path, str]) -> Bundle:
    from payments_loop.bundle import Bundle, Registry

    models_dir, model = chosen
    with _explained():
        return Bundle.load(Registry(models_dir).resolve(model))


@contextmanager
def _explained() -> Iterator[None]:
    from payments_loop.bundle import BundleError

    try:
        yield
    except BundleError as error:
        raise click.UsageError(str(error)) from error
