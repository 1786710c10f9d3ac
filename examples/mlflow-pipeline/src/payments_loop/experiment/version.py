"""Writing a candidate's bundle under a version that nobody else has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import Bundle, BundleError, Manifest, write

from . import explanation
from .fit import Fitted


def write_version(
    models_dir: Path,
    fitted: Fitted,
    manifest: Manifest,
    features: NDArray[np.float32],
) -> Bundle:
    """Write the bundle under the manifest's version, or that with -2, -3 and so on if it is taken.

    A version that holds the same model of the same rows is used as it is: an experiment that was
    interrupted after writing and is repeated finds its own.

    Args:
        models_dir: folder of all versions.
        fitted: the model and the files beside it.
        manifest: with the version that is wanted.
        features: encoded rows [N, F] that live traffic will be compared with.

    Raises:
        BundleError: the bundle cannot be written, or one of the same name is damaged.
    """
    wanted, number = manifest.version, 1
    while True:
        version = wanted if number == 1 else f"{wanted}-{number}"
        path = models_dir / version
        if path.exists():
            found = Bundle.load(path)
            if found.manifest.data_sha256 == manifest.data_sha256 and _holds(path, fitted):
                return found
            number += 1
            continue
        named = manifest.model_copy(update={"version": version})
        try:
            return write(models_dir, named, fitted.onnx, features, explanation.files(fitted))
        except (BundleError, OSError):
            if not path.exists():  # otherwise another process took the name meanwhile
                raise


def _holds(path: Path, fitted: Fitted) -> bool:
    expected = {"model.onnx": fitted.onnx, explanation.BASELINE: fitted.baseline}
    return all(
        (path / name).is_file() and (path / name).read_bytes() == content
        for name, content in expected.items()
    )
