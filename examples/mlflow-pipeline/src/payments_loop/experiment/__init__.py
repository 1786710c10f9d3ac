"""Experiments: a baseline and boosted trees, calibrated, judged, explained and recorded."""

from .candidate import Candidate
from .errors import ExperimentError
from .explanation import baseline, explain, reasons
from .fit import Fitted, fit
from .run import run
from .settings import Settings, load
from .version import write_baseline

__all__ = [
    "Candidate",
    "ExperimentError",
    "Fitted",
    "Settings",
    "baseline",
    "explain",
    "fit",
    "load",
    "reasons",
    "run",
    "write_baseline",
]
