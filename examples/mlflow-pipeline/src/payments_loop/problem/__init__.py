"""A problem is a folder: tables and their sources, the decision, its label, costs and features."""

from payments_loop.problem.errors import ProblemError
from payments_loop.problem.load import Settings, load_problem
from payments_loop.problem.schema import (
    Column,
    CostSpec,
    FeatureSpec,
    Problem,
    Slices,
    Spine,
    Table,
    Target,
)

__all__ = [
    "Column",
    "CostSpec",
    "FeatureSpec",
    "Problem",
    "ProblemError",
    "Settings",
    "Slices",
    "Spine",
    "Table",
    "Target",
    "load_problem",
]
