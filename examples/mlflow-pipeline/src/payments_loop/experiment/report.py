"""What a person looks at in MLflow: plots, and the groups with notes about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from payments_loop.evaluation import Answers, Dataset, slices
from payments_loop.evaluation.slices import Slice

from . import fairness


def draw(folder: Path, rows: Dataset, model: Answers, baseline: Answers, seed: int) -> None:
    """Curves and calibration of the model and the baseline on `rows`, as PNG files in `folder`."""
    from payments_loop.evaluation import plots

    plots.discrimination(folder / "discrimination.png", rows, model, baseline, seed)
    plots.calibration(folder / "calibration.png", rows, model)


def slice_up(rows: Dataset, model: Answers, columns: tuple[str, ...], seed: int) -> list[Slice]:
    """Results by every value of the `columns`, with intervals."""
    return slices.compare(rows, model, columns, seed)


def groups(parts: list[Slice], positive: str) -> dict[str, Any]:
    """The slices as a JSON document: sentences first, then the table."""
    return {"notes": fairness.notes(parts, positive), "table": fairness.table(parts)}
