"""Detects that a model's inputs or predictions no longer look like those it was built on."""

from my_project.drift.detector import (
    MINIMUM_ROWS,
    PSI_THRESHOLD,
    Detector,
    Distance,
    Report,
)
from my_project.drift.window import Window

__all__ = [
    "MINIMUM_ROWS",
    "PSI_THRESHOLD",
    "Detector",
    "Distance",
    "Report",
    "Window",
]
