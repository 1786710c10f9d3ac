"""Whether a challenger may replace the champion.

Ranking is tested, the rest is bounded. With several challengers the best of them would often win by
chance, so each is tested at a share of `alpha` (Bonferroni): the chance of promoting anything
when none ranks better stays below `alpha`, whatever their number and however alike they are.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from payments_loop.evaluation import costs as costing
from payments_loop.evaluation import (
    delong,
    metrics,
    slices,
)
from payments_loop.evaluation.dataset import Dataset

from .decision import Check, Decision
from .errors import RegistryError
from .policy import Gate, Policy
from .scored import Scored

CHANCE = 3.0  # standard errors


def judge(
    dataset: Dataset,
    challengers: Mapping[str, Scored],
    champion: Scored | None,
    baseline: Scored | None,
    policy: Policy,
) -> Decision:
    """Judge all challengers on the same rows, which nothing was fitted on.

    Something has to serve while nothing is proven to be better than a simple model: where there is no
    champion and no challenger passes, the baseline is promoted if it is a version that can serve, and
    calibrated.

    Args:
        dataset: the rows, with matured labels.
        challengers: by name; their versions are what may be promoted.
        champion: what serves; None the first time, when the baseline takes its place.
        baseline: a simple model that each must beat as well; with a size, it can serve itself.
        policy: the conditions.

    Raises:
        RegistryError: there is neither a champion nor a baseline.
    """
    if champion is None and baseline is None:
        raise RegistryError("there is neither a champion nor a baseline to compare with")
    versions = {challenger.version for challenger in challengers.values()}
    alpha = policy.gate.alpha / max(1, len(challengers))
    contest = _Contest(dataset, champion, baseline, policy.gate, alpha)
    found = [contest.judge(challenger) for challenger in challengers.values()]
    winner = _best(found)
    if winner is None and champion is None and baseline and baseline.size_bytes is not None:
        simple = contest.fit_to_serve(baseline)
        found.append(simple)
        winner = _best([simple])
    return Decision(
        verdict="promote" if winner else "keep",
        winner=winner.version if winner else None,
        champion=champion.version if champion else None,
        checks=tuple(check for one in found for check in one.checks),
        p_values={one.version: one.p_value for one in found if one.version in versions},
        alpha=alpha,
        rows=len(dataset),
        data_sha256=_sha256(dataset),
    )


@dataclass(frozen=True)
class _Found:
    """What came of one challenger, and how much better than the present model it ranks."""

    version: str
    checks: list[Check]
    p_value: float = 1.0
    gain: float = 0.0


def _best(found: Sequence[_Found]) -> _Found | None:
    passed = [one for one in found if all(check.passed for check in one.checks)]
    return max(passed, key=lambda one: one.gain, default=None)


@dataclass(frozen=True)
class _Contest:
    """What all challengers of one gate have in common; `alpha` is the share of each."""

    dataset: Dataset
    champion: Scored | None
    baseline: Scored | None
    gate: Gate
    alpha: float

    def judge(self, challenger: Scored) -> _Found:
        enough = self._enough(challenger)
        if not enough.passed:
            return _Found(challenger.version, [enough])
        checks, p_value, gain = [enough], 1.0, 0.0
        # The champion last: the p-value and the gain are against what would be replaced.
        for name, other in (("baseline", self.baseline), ("champion", self.champion)):
            if other is not None:
                found = delong(self.dataset.y, challenger.p, other.p)
                p_value, gain = found.p_value, found.value
                detail = f"AUC difference {found}, at most {self.alpha:.3g}"
                passed = found.p_value <= self.alpha
                checks.append(_check(challenger, f"ranks better than the {name}", passed, detail))
        checks += self._calibration(challenger)
        checks += self._serving(challenger)
        reference = self.champion or self.baseline
        if reference is not None:
            checks += self._slices(challenger, reference)
            checks += self._cost(challenger, reference)
        return _Found(challenger.version, checks, p_value, gain)

    def fit_to_serve(self, baseline: Scored) -> _Found:
        """What can be said of a model without comparing it."""
        checks = [self._enough(baseline)]
        if checks[0].passed:
            checks += [*self._calibration(baseline), *self._serving(baseline)]
        return _Found(baseline.version, checks)

    def _enough(self, challenger: Scored) -> Check:
        rows, positives = len(self.dataset), int(self.dataset.y.sum())
        passed = min(positives, rows - positives) >= self.gate.minimum_positives
        detail = f"{positives} positives in {rows:,} rows, {self.gate.minimum_positives} needed"
        return _check(challenger, "enough labels", passed, detail)

    def _calibration(self, challenger: Scored) -> Iterator[Check]:
        y, p, rows = self.dataset.y, challenger.p, len(self.dataset)
        error = metrics.calibration_error(metrics.Sample(y, p))(np.ones(rows))
        limit = self.gate.max_calibration_error
        detail = f"expected calibration error {error:.4f}, at most {limit}"
        yield _check(challenger, "calibrated", error <= limit, detail)
        predicted, observed = float(p.mean()), float(y.mean())
        noise = CHANCE * math.sqrt(observed * (1 - observed) / rows)
        allowed = max(self.gate.max_bias * observed, noise)
        detail = f"predicts {predicted:.2%}, observed {observed:.2%} ± {allowed:.2%}"
        passed = abs(predicted - observed) <= allowed
        yield _check(challenger, "right on average", passed, detail)

    def _serving(self, challenger: Scored) -> Iterator[Check]:
        if challenger.latency_ms is not None:
            latency, limit = challenger.latency_ms, self.gate.max_latency_ms
            detail = f"one row takes {latency:.2f} ms (99th percentile), at most {limit:g} ms"
            yield _check(challenger, "fast enough", latency <= limit, detail)
        if challenger.size_bytes is not None:
            size, limit = challenger.size_bytes / 1e6, self.gate.max_size_mb
            detail = f"{size:.2f} MB, at most {limit:g} MB"
            yield _check(challenger, "small enough", size <= limit, detail)

    def _slices(self, challenger: Scored, reference: Scored) -> Iterator[Check]:
        if not self.gate.slices:
            return
        tested = [
            (loss.value, loss.p_value, name)
            for name, mask in self._large_slices()
            for loss in [delong(self.dataset.y[mask], reference.p[mask], challenger.p[mask])]
        ]
        alpha, floor = self.gate.alpha / max(1, len(tested)), self.gate.slice_floor
        lost = [one for one in tested if one[0] > floor and one[1] <= alpha]
        detail = "none has enough labels"
        if tested:
            loss, p_value, name = max(lost or tested)
            detail = f"worst of {len(tested)}: {name} loses {loss:+.4f} AUC (p = {p_value:.2g})"
        detail += f"; refused above {floor} if p is at most {alpha:.2g}"
        yield _check(challenger, "no slice loses", not lost, detail)

    def _large_slices(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        for column in self.gate.slices:
            for name, mask in slices.parts(self.dataset, column):
                positives = int(self.dataset.y[mask].sum())
                if min(positives, int(mask.sum()) - positives) >= self.gate.slice_positives:
                    yield name, mask

    def _cost(self, challenger: Scored, reference: Scored) -> Iterator[Check]:
        costs = challenger.costs
        if costs is None or challenger.review is None or reference.review is None:
            return
        ours, theirs = (
            1000 * costing.per_row(self.dataset, review, costs)
            for review in (challenger.review, reference.review)
        )
        # Rows are paired, and a few dear ones decide: a difference within their noise is none.
        excess = ours - theirs * (1 + self.gate.max_cost_increase)
        noise = NormalDist().inv_cdf(1 - self.gate.alpha) * excess.std() / math.sqrt(len(excess))
        limit = float(theirs.mean() * (1 + self.gate.max_cost_increase) + noise)
        cost, unit = float(ours.mean()), f" {costs.currency}".rstrip()
        detail = f"{cost:,.0f}{unit} per 1,000 decisions, at most {limit:,.0f}{unit}"
        yield _check(challenger, "costs no more", cost <= limit, detail)


def _check(challenger: Scored, name: str, passed: bool, detail: str) -> Check:
    return Check(name=name, version=challenger.version, passed=bool(passed), detail=detail)


def _sha256(dataset: Dataset) -> str:
    digest = hashlib.sha256()
    for column in (dataset.X, dataset.y, dataset.time, dataset.amount):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
