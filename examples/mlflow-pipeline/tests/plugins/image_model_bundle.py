"""A tiny champion for the image that is tested."""

from datetime import UTC, datetime
from pathlib import Path

from payments_loop import bundle

from . import model_bundle


def write(folder: Path) -> None:
    """Write a bundle to `folder` and make it the champion."""
    manifest = bundle.Manifest(
        version="tiny",
        created=datetime.now(UTC),
        features=model_bundle.FEATURES,
        threshold=0.5,
    )
    model = model_bundle.logistic_onnx()
    bundle.write(folder, manifest, model, model_bundle.sample_features(500))
    bundle.Registry(folder).promote("tiny")
