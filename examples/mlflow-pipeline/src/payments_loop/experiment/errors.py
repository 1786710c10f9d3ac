"""What stops an experiment, in words for whoever started it."""

from __future__ import annotations


class ExperimentError(Exception):
    """The settings or the data do not allow the experiment; the message says what to do."""
