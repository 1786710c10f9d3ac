"""The record `data` for the README."""

from __future__ import annotations

from pathlib import Path

from text2json import evidence

from .inspect import Report
from .rows import data_hash
from .settings import Settings


def write(report: Report, settings: Settings, root: Path = Path()) -> Path:
    """Write what is in the data and what the splits share."""
    values = [
        evidence.Value(
            f"rows, {split}",
            count,
            note=f"{report.families[split]} families, {report.compositions[split]} compositions, "
            f"{report.characters[split]['median']:.0f} characters at the median",
        )
        for split, count in report.rows.items()
    ]
    values += [
        evidence.Value("near duplicates across splits", len(report.leaks), note="0 is right"),
        evidence.Value("equal questions across splits", report.shared_questions, note="0 is right"),
        evidence.Value(
            "similarity of a test row to its closest training row",
            report.similarity["mean"],
            note=f"Jaccard of word triples; {report.similarity['highest']:.2f} at most",
        ),
    ]
    return evidence.write(
        "data",
        "Instruction data",
        values,
        command="make data",
        seed=settings.seed,
        data_sha256=data_hash(settings.folder),
        root=root,
    )
