"""Judging models: scores with intervals, paired tests, costs, slices and plots. Plain numpy.

`plots` alone needs matplotlib, which is in the group `train`.
"""

from .dataset import Dataset
from .delong import Difference, area, delong
from .errors import EvaluationError
from .metrics import Interval, Sample
from .quality import Answers, compare, evaluate

__all__ = [
    "Answers",
    "Dataset",
    "Difference",
    "EvaluationError",
    "Interval",
    "Sample",
    "area",
    "compare",
    "delong",
    "evaluate",
]
