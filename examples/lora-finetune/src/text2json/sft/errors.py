"""What can go wrong with the data."""

from __future__ import annotations


class DataError(Exception):
    """The data cannot be used; the message names the file and the line."""
