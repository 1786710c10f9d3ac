"""Detects that a model's inputs or predictions no longer look like those it was built on."""

from payments_loop.drift.detector import (
    MINIMUM_ROWS,
    PSI_THRESHOLD,
    Detector,
    Distance,
    Report,
)
from payments_loop.drift.window import Window

__all__ = [
    "MINIMUM_ROWS",
    "PSI_THRESHOLD",
    "Detector",
    "Distance",
    "Report",
    "Window",
]
