"""What can go wrong with models."""

from __future__ import annotations


class ModelError(Exception):
    """A model, adapter or setting cannot be used; the message says why and what to do."""
