"""A drift report as text for a terminal."""

from __future__ import annotations

from payments_loop.drift.detector import Distance, Report

HEADER = ("variable", "PSI", "noise", "KS", "Wasserstein", "missing", "")


def render(report: Report, threshold: float) -> str:
    """Lay the distances out as a table, worst first, the prediction last.

    Args:
        report: what to show.
        threshold: PSI from which a variable counts as drifted.

    Returns:
        Lines without a final newline.
    """
    worst_first = sorted(report.features, key=lambda distance: -distance.psi)
    rows = [HEADER, *(_row(distance, threshold) for distance in (*worst_first, report.prediction))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(distance: Distance, threshold: float) -> tuple[str, ...]:
    return (
        distance.name,
        f"{distance.psi:.4f}",
        f"{distance.noise:.4f}",
        "-" if distance.ks is None else f"{distance.ks:.4f}",
        "-" if distance.wasserstein is None else f"{distance.wasserstein:.4g}",
        f"{distance.missing:.1%}",
        "DRIFT" if distance.drifted(threshold) else "ok",
    )
