"""From the configuration to data that is checked, encoded and split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .config import Config
from .errors import TrainingError
from .schema import features_of
from .split import Splits, split
from .table import content_hash, read, to_dataset
from .validate import Finding, validate

Say = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """Data ready to be trained on."""

    splits: Splits
    sha256: str
    rows: int
    warnings: list[Finding]


def prepare(config: Config, say: Say) -> Prepared:
    """Read, validate, encode and split.

    Raises:
        TrainingError: the data cannot be read or is not fit to train on; says everything that
            is wrong.
    """
    frame = read(config.data, config.seed)
    features = features_of(frame, config)
    findings = validate(frame, features, config)
    blocking = [finding for finding in findings if finding.severity == "block"]
    if blocking:
        reasons = "\n".join(f"  {finding.check}: {finding.message}" for finding in blocking)
        raise TrainingError(f"{config.data.source} is not fit to train on:\n{reasons}")
    for finding in findings:
        say(f"Warning, {finding.check}: {finding.message}")
    dataset = to_dataset(frame, features, config)
    sha256 = content_hash(frame)
    say(
        f"Data: {len(dataset):,} rows, {len(features)} features, {dataset.y.mean():.2%} positive, "
        f"{dataset.time[0]:.10} to {dataset.time[-1]:.10}, sha256 {sha256[:12]}",
    )
    return Prepared(split(dataset, config.split), sha256, len(dataset), findings)
