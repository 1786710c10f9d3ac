"""Scores whole days of decisions into the lake's table `scores`."""

from .day import Scored, load, score_day
from .settings import ScoringError
from .span import score
from .table import TABLE, Role, read

__all__ = ["TABLE", "Role", "Scored", "ScoringError", "load", "read", "score", "score_day"]
