"""What holds for a path, or for all paths that begin like it."""

from collections.abc import Mapping
from typing import Generic, TypeVar

Value = TypeVar("Value")


class PathMap(Generic[Value]):
    """Values by path. A key that ends in `/` holds for all paths below it, but `/` for the root only.

    Args:
        values: of several that match a path, the one with the longest key counts.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)
        beginnings = [key for key in values if key.endswith("/") and key != "/"]
        self._beginnings = sorted(beginnings, key=len, reverse=True)

    def get(self, path: str) -> Value | None:
        """The value for `path`; None if there is none."""
        if path in self._values:
            return self._values[path]
        for beginning in self._beginnings:
            if path.startswith(beginning):
                return self._values[beginning]
        return None
