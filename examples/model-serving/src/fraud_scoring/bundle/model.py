"""Loading a bundle and scoring with it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .encode import Encoder, Row, Value
from .errors import BundleError
from .reference import Reference
from .runtime import Session, session
from .schema import INPUT, OUTPUT, Feature, Manifest

MANIFEST = "bundle.json"
MODEL = "model.onnx"
REFERENCE = "reference.json"
GOLDEN = "golden.json"
FILES = (MODEL, REFERENCE, GOLDEN)

# Other processors round differently; a wrong file or encoding is off by far more.
GOLDEN_TOLERANCE = 1e-5

M = TypeVar("M", bound=BaseModel)


class Golden(BaseModel):
    """The contents of `golden.json`: encoded rows (null = missing) and the model's answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[tuple[float | None, ...], ...] = Field(min_length=1)
    probabilities: tuple[float, ...]

    @cached_property
    def matrix(self) -> NDArray[np.float32]:
        """The rows as float32 [N, F], NaN = missing."""
        return np.array(self.features, dtype=np.float32)


@dataclass(frozen=True)
class Bundle:
    """A model that was loaded, checked and warmed up; safe to share between threads."""

    path: Path
    manifest: Manifest
    encoder: Encoder
    reference: Reference
    golden: Golden
    session: Session

    @classmethod
    def load(cls, path: Path | str) -> Bundle:
        """Read, verify and warm up the bundle in the folder `path`.

        Raises:
            BundleError: a file is missing, altered or malformed, or the model does not reproduce
                its golden predictions on this machine; the message names the file.
        """
        path = Path(path)
        manifest = _read(path / MANIFEST, Manifest)
        for name in dict.fromkeys((*FILES, *manifest.files)):
            _check_hash(path / name, manifest.files.get(name))
        bundle = cls(
            path=path,
            manifest=manifest,
            encoder=Encoder(manifest.features),
            reference=_read(path / REFERENCE, Reference),
            golden=_read(path / GOLDEN, Golden),
            session=open_model(path / MODEL, len(manifest.features)),
        )
        bundle._check_reference()
        bundle._check_golden()
        return bundle

    @property
    def version(self) -> str:
        """Name of this version, the same as its folder's."""
        return self.manifest.version

    @property
    def threshold(self) -> float:
        """Probability from which the positive decision is taken, for a typical row."""
        return self.manifest.threshold

    @property
    def features(self) -> tuple[Feature, ...]:
        """The model's input columns, in order."""
        return self.manifest.features

    def encode(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """Encode and validate `rows` as float32 [N, F]; raises EncodingError, see `Encoder`."""
        return self.encoder.encode(rows)

    def decode(self, features: NDArray[np.float32]) -> list[dict[str, Value]]:
        """Encoded rows [N, F] as rows of named values."""
        return self.encoder.decode(features)

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated probabilities [N] of the positive class for encoded rows [N, F]."""
        probabilities: NDArray[np.float32] = self.session.run([OUTPUT], {INPUT: features})[0]
        return probabilities

    def thresholds(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability from which the positive decision is taken, for each encoded row [N, F].

        With costs that depend on an amount, a large one needs less suspicion than a small one; a
        missing one counts as typical.
        """
        if self._amount_column is None or self.manifest.costs is None:
            return np.full(len(features), self.threshold)
        own = self.manifest.costs.thresholds(features[:, self._amount_column])
        return np.where(np.isnan(own), self.threshold, own)

    def decide(self, probability: float, threshold: float | None = None) -> str:
        """The decision for one probability, by its row's threshold or the typical one."""
        if threshold is None:
            threshold = self.threshold
        negative, positive = self.manifest.decisions
        return positive if probability >= threshold else negative

    @cached_property
    def _amount_column(self) -> int | None:
        costs = self.manifest.costs
        if costs is None or costs.amount is None:
            return None
        return [feature.name for feature in self.features].index(costs.amount)

    def examples(self) -> list[dict[str, Value]]:
        """The golden rows in readable form: real rows, for documentation and smoke tests."""
        return self.decode(self.golden.matrix)

    def _check_reference(self) -> None:
        described = tuple(distribution.name for distribution in self.reference.features)
        if described != tuple(feature.name for feature in self.features):
            raise BundleError(f"{self.path / REFERENCE}: describes other features than {MANIFEST}")

    def _check_golden(self) -> None:
        """Warm the session up, and see that it computes what it computed at training time."""
        matrix = self.golden.matrix
        if matrix.shape != (len(self.golden.probabilities), len(self.features)):
            raise BundleError(f"{self.path / GOLDEN}: rows and probabilities do not fit the model")
        difference = float(np.abs(self.predict(matrix) - self.golden.probabilities).max())
        if not difference <= GOLDEN_TOLERANCE:
            raise BundleError(f"{self.path / MODEL}: golden answers are off by {difference:.2g}")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file `path`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_hash(path: Path, expected: str | None) -> None:
    if expected is None:
        raise BundleError(f"{path.parent / MANIFEST}: no hash for {path.name}")
    if not path.is_file():
        raise BundleError(f"{path}: missing")
    if sha256(path) != expected:
        raise BundleError(f"{path}: differs from the hash in {MANIFEST}")


def _read(path: Path, model: type[M]) -> M:
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise BundleError(f"{path}: {where}: {first['msg']}") from error


def open_model(path: Path, width: int) -> Session:
    """Open the model `path`, and see that it takes `width` features and gives probabilities."""
    try:
        opened = session(path)
    except Exception as error:  # ONNX Runtime's own exceptions have no public base class
        raise BundleError(f"{path}: ONNX Runtime cannot open it: {error}") from error
    inputs = [(node.name, node.type, node.shape[1:]) for node in opened.get_inputs()]
    outputs = [(node.name, node.type, node.shape[1:]) for node in opened.get_outputs()]
    if inputs != [(INPUT, "tensor(float)", [width])] or outputs != [(OUTPUT, "tensor(float)", [])]:
        raise BundleError(f"{path}: must map {INPUT} float32 [N, {width}] to {OUTPUT} float32 [N]")
    return opened
