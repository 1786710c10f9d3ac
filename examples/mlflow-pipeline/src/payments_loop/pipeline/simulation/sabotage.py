"""A challenger that learned from shuffled labels: the gate must refuse it, the loop get rid of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np

from payments_loop.payments import Incident
from payments_loop.pipeline.race import (
    judge_versions,
    judging_rows,
)

if TYPE_CHECKING:
    from payments_loop.bundle import Bundle
    from payments_loop.pipeline.workspace import Workspace

HISTORY_DAYS = 60
SEED = 13


@dataclass(frozen=True)
class Refusal:
    """What the gate said.

    Attributes:
        version: of the challenger.
        day: of the race.
        verdict: `keep` if it did its work.
        failed: names of the checks that the challenger failed.
        p_value: of its comparison with the champion.
    """

    version: str
    day: date
    verdict: str
    failed: tuple[str, ...]
    p_value: float


def send_bad_challenger(work: Workspace, as_of: datetime) -> Refusal:
    """Train on shuffled labels and enter the race of that moment, without the other challengers."""
    version = _train(work, as_of).version
    decision = judge_versions(work, judging_rows(work, as_of), [version])
    return Refusal(
        version=version,
        day=as_of.date(),
        verdict=decision.verdict,
        failed=tuple(check.name for check in decision.checks if not check.passed),
        p_value=decision.p_values[version],
    )


def force(work: Workspace, version: str, as_of: datetime) -> Incident:
    """Promote it by hand and past the gate, as somebody in a hurry may; what the loop must notice."""
    registry = work.registry
    with registry.tracking.run(version) as run:
        pass
    registry.register(work.models.models_dir / version, run.info.run_id)
    registry.promote(version, reason="no time for the gate", by="somebody", at=as_of)
    return Incident(
        kind="bad_release",
        first=as_of.date(),
        last=as_of.date(),
        detail="a model that knows nothing is promoted by hand, past the gate",
        expects=("rolled_back",),
    )


def _train(work: Workspace, as_of: datetime) -> Bundle:
    """Fit and write a bundle just as for a real challenger, but for the labels."""
    from datetime import timedelta

    from payments_loop import bundle
    from payments_loop.experiment import fit, load
    from payments_loop.features import examples

    end = work.training_end(as_of)
    start = end - timedelta(days=HISTORY_DAYS)
    data = examples(work.problem, work.lake, start=start, end=end, as_of=as_of).dataset
    shuffled = replace(data, y=np.random.default_rng(SEED).permutation(data.y))
    fitted = fit(shuffled, load(), seed=SEED)
    champion = bundle.Bundle.load(work.models.resolve("champion"))
    manifest = champion.manifest.model_copy(
        update={
            "version": f"{as_of:%Y%m%d-%H%M%S}-shuffled",
            "created": as_of,
            "files": {},
        }
    )
    extra = {"booster.txt": fitted.booster.encode(), "baseline.onnx": fitted.baseline}
    return bundle.write(
        work.models.models_dir, manifest, fitted.onnx, fitted.calibrated_on.X, extra
    )
