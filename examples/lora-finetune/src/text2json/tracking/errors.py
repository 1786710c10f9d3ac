"""What can go wrong with the record of runs."""

from __future__ import annotations


class TrackingError(Exception):
    """The tracking store cannot be reached, or refuses; the message says which and what to do."""
