"""What can go wrong with a bundle, a registry or a row."""

from __future__ import annotations


class BundleError(Exception):
    """A bundle or registry on disk is missing, damaged or of another format; names the file."""


class EncodingError(ValueError):
    """A row that the model cannot score.

    The message never repeats the offending value: rows are personal data and errors are logged.

    Attributes:
        row: position of the row in the request, from 0.
        field: name of the offending field.
        allowed: what the field accepts, in words.
    """

    def __init__(self, row: int, field: str, allowed: str) -> None:
        super().__init__(f"row {row}: {field!r} {allowed}")
        self.row = row
        self.field = field
        self.allowed = allowed
