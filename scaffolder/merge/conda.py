"""The environment.yml of conda: its list of dependencies has one item that is a list again, what pip installs."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from scaffolder.merge.model import Items, Path, frozen


def items_at(path: Path) -> Items | None:
    """How the items of the list at `path` are told apart."""
    return _DEPENDENCIES if path == ("dependencies",) else None


def _key(item: Any) -> Hashable:
    return "pip:" if isinstance(item, dict) and set(item) == {"pip"} else frozen(item)


_DEPENDENCIES = Items(_key, frozen)
