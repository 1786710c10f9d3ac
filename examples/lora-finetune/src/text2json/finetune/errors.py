"""What can go wrong when fine-tuning."""

from __future__ import annotations


class FinetuneError(Exception):
    """Training cannot start or go on; the message says why and what to do."""
