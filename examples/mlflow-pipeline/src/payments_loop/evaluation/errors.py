"""What cannot be evaluated, in words for whoever asked."""

from __future__ import annotations


class EvaluationError(ValueError):
    """The rows or columns do not allow the evaluation; the message says what to change."""
