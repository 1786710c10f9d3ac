"""Watches the champion in production: inputs, predictions, labels that arrive late, and the data flow."""

from .observe import observe
from .report import Alarm, Measure, Report, Severity
from .store import latest

__all__ = ["Alarm", "Measure", "Report", "Severity", "latest", "observe"]
