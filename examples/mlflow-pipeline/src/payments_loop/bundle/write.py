"""Writing a bundle: all of it, or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import BundleError
from .model import (
    FILES,
    GOLDEN,
    MANIFEST,
    MODEL,
    REFERENCE,
    Bundle,
    Golden,
    open_model,
    sha256,
)
from .reference import build
from .schema import INPUT, OUTPUT, Manifest, is_file_name, is_version

GOLDEN_ROWS = 8


def write(
    models_dir: Path,
    manifest: Manifest,
    model: bytes,
    features: NDArray[np.float32],
    extra: Mapping[str, bytes] | None = None,
) -> Bundle:
    """Write `models_dir/<version>/` and load it back, which verifies it.

    Args:
        models_dir: folder of all versions; made if need be.
        manifest: everything but `files`, which is filled in here.
        model: the serialised ONNX model.
        features: encoded held-out rows [N, F] that live traffic will be compared with; the golden
            rows are taken from them, from the highest prediction to the lowest.
        extra: further files by name; their hashes are recorded and checked like those of the rest.

    Raises:
        BundleError: the version exists already, its name or that of a further file is unusable,
            or the result does not load.
    """
    target = models_dir / manifest.version
    if not is_version(manifest.version):
        raise BundleError(f"{manifest.version!r} cannot name a version")
    extra = extra or {}
    if taken := extra.keys() & {MANIFEST, *FILES}:
        raise BundleError(f"{min(taken)} is not a further file: every bundle has it")
    if unusable := [name for name in extra if not is_file_name(name)]:
        raise BundleError(f"{unusable[0]!r} cannot name a file of a bundle")
    if target.exists():
        raise BundleError(f"{target}: exists already; versions are never overwritten")
    models_dir.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".writing-", dir=models_dir))
    try:
        _fill(staging, manifest, model, features, extra)
        Bundle.load(staging)
        staging.chmod(0o755)  # mkdtemp's 0700 would lock out a container's user
        staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return Bundle.load(target)


def _fill(
    folder: Path,
    manifest: Manifest,
    model: bytes,
    features: NDArray[np.float32],
    extra: Mapping[str, bytes],
) -> None:
    (folder / MODEL).write_bytes(model)
    for name, content in extra.items():
        (folder / name).write_bytes(content)
    session = open_model(folder / MODEL, len(manifest.features))
    probabilities = session.run([OUTPUT], {INPUT: features})[0]
    reference = build(manifest.features, features, probabilities)
    (folder / REFERENCE).write_text(reference.model_dump_json())
    chosen = _spread(probabilities)
    golden = Golden(
        features=tuple(
            tuple(None if np.isnan(value) else float(value) for value in row)
            for row in features[chosen]
        ),
        probabilities=tuple(probabilities[chosen].tolist()),
    )
    (folder / GOLDEN).write_text(golden.model_dump_json())
    hashes = {name: sha256(folder / name) for name in (*FILES, *extra)}
    complete = manifest.model_copy(update={"files": hashes})
    (folder / MANIFEST).write_text(complete.model_dump_json(indent=2) + "\n")


def _spread(probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
    """Indices of `GOLDEN_ROWS` rows whose predictions span the range, the highest first."""
    descending = np.argsort(-probabilities, kind="stable")
    places = np.linspace(0, len(descending) - 1, min(GOLDEN_ROWS, len(descending)))
    chosen: NDArray[np.int64] = descending[places.astype(int)]
    return chosen
