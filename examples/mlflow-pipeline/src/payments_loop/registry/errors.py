"""What can go wrong with versions and aliases."""

from __future__ import annotations


class RegistryError(Exception):
    """A version cannot be registered or promoted, or the registry is away; says what to do."""
