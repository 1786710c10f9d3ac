"""`fraud-scoring predict`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

import click

from fraud_scoring.models_option import models_option


@click.command()
@click.argument("payment", type=click.File("r", encoding="utf-8"), required=False)
@models_option
@click.option("--model", default="champion", show_default=True, help="Alias or version.")
def command(payment: TextIO | None, models_dir: Path, model: str) -> None:
    """Score one row: a JSON object in the file PAYMENT (- reads standard input).

    Without a file, a row of the test set is scored.
    """
    from fraud_scoring.bundle import (
        Bundle,
        BundleError,
        EncodingError,
        Registry,
    )

    try:
        bundle = Bundle.load(Registry(models_dir).resolve(model))
        row = bundle.examples()[0] if payment is None else _read(payment)
        encoded = bundle.encode([row])
    except (BundleError, EncodingError) as error:
        raise click.ClickException(str(error)) from error
    probability, threshold = float(bundle.predict(encoded)[0]), float(bundle.thresholds(encoded)[0])
    decision = bundle.decide(probability, threshold)
    side = "at or above" if probability >= threshold else "below"
    click.echo(
        f"{decision}: probability {probability:.4f} is {side} the threshold "
        f"{threshold:.4f} of this row (model {bundle.version})",
    )
    answer = {
        "features": row,
        "probability": probability,
        "decision": decision,
        "threshold": threshold,
        "model_version": bundle.version,
    }
    click.echo(json.dumps(answer, indent=2))


def _read(payment: TextIO) -> dict[str, object]:
    try:
        row = json.load(payment)
    except ValueError as error:
        raise click.ClickException(f"{payment.name}: not JSON: {error}") from error
    if not isinstance(row, dict):
        raise click.ClickException(f"{payment.name}: must hold one JSON object")
    features = row.get("features", row)
    if not isinstance(features, dict):
        raise click.ClickException(f"{payment.name}: `features` must be an object")
    return features
