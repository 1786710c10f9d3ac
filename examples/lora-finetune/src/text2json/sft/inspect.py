"""What is in the data: counts, lengths, and what training shares with the held-out rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, quantiles
from typing import Any

from .dedup import Leak, closest, leaks, normal
from .rows import Row

_PERCENT = 100


@dataclass(frozen=True)
class Report:
    """The data in numbers.

    Attributes:
        rows: by split.
        families, compositions: by split, how many different ones.
        characters: by split, length of whole conversations: mean, median, 95 % and longest.
        leaks: held-out rows that are nearly the same as a training row.
        shared_questions: held-out rows whose question, in normal form, is in training.
        shared_families: of slice `phrasing`, families that training has, too.
        shared_compositions: of slice `composition`, compositions that training has, too.
        similarity: of test rows to their most similar training row: mean and highest.
    """

    rows: dict[str, int]
    families: dict[str, int]
    compositions: dict[str, int]
    characters: dict[str, dict[str, float]]
    leaks: list[Leak]
    shared_questions: int
    shared_families: list[str]
    shared_compositions: list[str]
    similarity: dict[str, float]

    @property
    def clean(self) -> bool:
        """Whether nothing that is held out is trained on."""
        return not (
            self.leaks or self.shared_questions or self.shared_families or self.shared_compositions
        )


def inspect(splits: Mapping[str, Sequence[Row]], near: float) -> Report:
    """Look at all splits."""
    train = splits["train"]
    held_out = [*splits["validation"], *splits["test"]]
    asked = {normal(row.asked) for row in train}
    found = closest(train, splits["test"])
    return Report(
        rows={split: len(rows) for split, rows in splits.items()},
        families={split: len({row.family for row in rows}) for split, rows in splits.items()},
        compositions={
            split: len({row.composition for row in rows}) for split, rows in splits.items()
        },
        characters={split: lengths(rows) for split, rows in splits.items()},
        leaks=leaks(splits, near),
        shared_questions=sum(normal(row.asked) in asked for row in held_out),
        shared_families=_shared(train, held_out, "phrasing", "family"),
        shared_compositions=_shared(train, held_out, "composition", "composition"),
        similarity={"mean": mean(found), "highest": max(found)},
    )


def lengths(rows: Sequence[Row]) -> dict[str, float]:
    """Characters of whole conversations: mean, median, 95th percentile, longest."""
    sizes = [sum(len(message.content) for message in row.messages) for row in rows]
    if len(sizes) == 1:
        sizes *= 2
    cuts = quantiles(sizes, n=_PERCENT, method="inclusive")
    return {"mean": mean(sizes), "median": cuts[49], "p95": cuts[94], "longest": max(sizes)}


def describe(report: Report) -> list[str]:
    """The report in lines for a terminal."""
    lines = []
    for split, count in report.rows.items():
        sizes = report.characters[split]
        lines.append(
            f"{split:11} {count:6,} rows  {report.families[split]:4} families  "
            f"{report.compositions[split]:4} compositions  characters: median "
            f"{sizes['median']:.0f}, 95 % {sizes['p95']:.0f}, longest {sizes['longest']:.0f}"
        )
    lines.append(
        f"leaks: {len(report.leaks)} near duplicates, {report.shared_questions} equal questions, "
        f"{len(report.shared_families)} held-out families and "
        f"{len(report.shared_compositions)} compositions also in training"
    )
    lines.append(
        f"test rows and their most similar training row: {report.similarity['mean']:.2f} on "
        f"average, {report.similarity['highest']:.2f} at most (Jaccard of word triples)"
    )
    return lines + [
        f"  {leak.split} {leak.row} is {leak.similarity:.2f} like {leak.like}"
        for leak in report.leaks[:5]
    ]


def counts(rows: Sequence[Row], key: str) -> dict[str, int]:
    """How many rows each value of an attribute has, e.g. of `slice`."""
    found: Counter[Any] = Counter(getattr(row, key) for row in rows)
    return dict(sorted(found.items()))


def _shared(train: Sequence[Row], held_out: Sequence[Row], slice_: str, key: str) -> list[str]:
    known = {getattr(row, key) for row in train}
    asked = {getattr(row, key) for row in held_out if row.slice == slice_}
    return sorted(asked & known)
