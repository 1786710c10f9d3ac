"""A race: challengers, champion and baseline on the same rows, which none of them learned from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from payments_loop.pipeline.workspace import Workspace

if TYPE_CHECKING:
    from payments_loop.evaluation import Dataset
    from payments_loop.registry import Decision


def judging_rows(work: Workspace, as_of: datetime) -> Dataset:
    """Matured decisions that are newer than what challengers of that moment learn from."""
    from payments_loop.features import examples

    start, end = work.training_end(as_of), as_of - work.maturity
    return examples(work.problem, work.lake, start=start, end=end, as_of=as_of).dataset


def judge_versions(
    work: Workspace, rows: Dataset, versions: Sequence[str], simple: str | None = None
) -> Decision:
    """Ask the gate about versions that lie in the folder of models.

    Args:
        work: where they are.
        rows: what they are compared on.
        versions: of the challengers.
        simple: version of the baseline, if it may become champion itself.

    Raises:
        BundleError: there is no such version, or it is damaged.
        RegistryError: the policy is wrong.
    """
    from payments_loop.bundle import Bundle
    from payments_loop.experiment import baseline
    from payments_loop.registry import Scored, judge, load_policy, score

    bundles = {version: Bundle.load(work.models.resolve(version)) for version in versions}
    name = work.models.aliases().get("champion")
    champion = score(Bundle.load(work.models.resolve(name)), rows) if name else None
    if simple:
        lowest = score(Bundle.load(work.models.resolve(simple)), rows)
    else:
        lowest = Scored("baseline", baseline(next(iter(bundles.values())), rows.X))
    policy = load_policy(work.root / "config" / "registry.toml")
    if not policy.gate.slices:
        columns = tuple(work.problem.slices.columns)
        policy = policy.model_copy(
            update={"gate": policy.gate.model_copy(update={"slices": columns})}
        )
    return judge(
        rows,
        {version: score(bundle, rows) for version, bundle in bundles.items()},
        champion,
        lowest,
        policy,
    )
