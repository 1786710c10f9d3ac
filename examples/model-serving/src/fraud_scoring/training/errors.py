"""What stops a training run, in words for whoever started it."""

from __future__ import annotations


class TrainingError(Exception):
    """The configuration, the data or the model is not fit to go on; the message says what to do."""
