"""Instruction data: rows, the task by default, splits without leaks."""

from .errors import DataError

__all__ = ["DataError"]
