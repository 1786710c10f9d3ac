"""Writing bundles under versions that nobody else has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import (
    Bundle,
    BundleError,
    Costs,
    Manifest,
    write,
)
from payments_loop.evaluation import Dataset

from . import explanation
from .judge import judge


def write_version(
    models_dir: Path,
    manifest: Manifest,
    model: bytes,
    features: NDArray[np.float32],
    extra: Mapping[str, bytes],
) -> Bundle:
    """Write a bundle under the manifest's version, or that with -2, -3 and so on if it is taken.

    A version that holds the same model of the same rows is used as it is: an experiment that was
    interrupted after writing and is repeated finds its own.

    Args:
        models_dir: folder of all versions.
        manifest: with the version that is wanted.
        model: as ONNX.
        features: encoded rows [N, F] that live traffic will be compared with.
        extra: the files beside the model.

    Raises:
        BundleError: the bundle cannot be written, or one of the same name is damaged.
    """
    wanted, number = manifest.version, 1
    while True:
        version = wanted if number == 1 else f"{wanted}-{number}"
        path = models_dir / version
        if path.exists():
            found = Bundle.load(path)
            if found.manifest.data_sha256 == manifest.data_sha256 and _holds(path, model, extra):
                return found
            number += 1
            continue
        named = manifest.model_copy(update={"version": version})
        try:
            return write(models_dir, named, model, features, extra)
        except (BundleError, OSError):
            if not path.exists():  # otherwise another process took the name meanwhile
                raise


def write_baseline(models_dir: Path, made: Bundle, rows: Dataset, costs: Costs) -> Bundle:
    """Write the baseline of an experiment as a version of its own, to serve like any other.

    Args:
        models_dir: folder of all versions.
        made: what the experiment made.
        rows: held-out rows with both classes, to judge it on and to compare live traffic with.
        costs: of its decisions.

    Raises:
        ExperimentError: the bundle was not made by an experiment.
        BundleError, EvaluationError: it cannot be written, or not be judged on these rows.
    """
    model = explanation.baseline_model(made)
    p = explanation.baseline(made, rows.X)
    manifest = made.manifest.model_copy(
        update={
            "version": f"{made.manifest.created.astimezone(UTC):%Y%m%d-%H%M%S}-baseline",
            "metrics": judge(rows, p, p, costs),
            "files": {},
        }
    )
    return write_version(models_dir, manifest, model, rows.X, {explanation.BASELINE: model})


def _holds(path: Path, model: bytes, extra: Mapping[str, bytes]) -> bool:
    expected = {"model.onnx": model, **extra}
    return all(
        (path / name).is_file() and (path / name).read_bytes() == content
        for name, content in expected.items()
    )
