"""Keeps the rows of small data files that were read before; a data file never changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

LARGEST_FILE = 1 << 20
"""Bytes on disk; of larger files, reading the wanted columns is what costs, not opening them."""
LIMIT = 256 << 20
"""Bytes in memory, of all rows that are kept."""

Scan = Callable[[Sequence[str]], pl.LazyFrame]
Key = tuple[str, int]  # path, and number of the columns that it was read with


class Frames:
    """A lake has a small file per day and table, and most readers want many of the same days."""

    def __init__(self, limit: int = LIMIT) -> None:
        """Keep nothing yet; `limit` is in bytes."""
        self._limit = limit
        self._layouts: list[pl.Schema] = []
        self._kept: OrderedDict[Key, pl.DataFrame] = OrderedDict()
        self._size = 0

    def rows(self, files: Sequence[str], columns: pl.Schema, scan: Scan) -> pl.LazyFrame:
        """Return the rows of local files, in their order.

        Args:
            files: paths, at least one.
            columns: of the table.
            scan: reads files that are not kept.
        """
        if columns not in self._layouts:
            self._layouts.append(columns)
        layout = self._layouts.index(columns)
        keys: list[Key] = [(file, layout) for file in files]
        found = {key: self._kept[key] for key in keys if key in self._kept}
        new = [key for key in keys if key not in found]
        if any(Path(file).stat().st_size > LARGEST_FILE for file, _ in new):
            return scan(files)
        for key, frame in zip(new, pl.collect_all([scan([file]) for file, _ in new]), strict=True):
            found[key] = frame
            self._keep(key, frame)
        for key in keys:
            if key in self._kept:
                self._kept.move_to_end(key)
        return pl.concat([found[key] for key in keys], rechunk=False).lazy()

    def _keep(self, key: Key, frame: pl.DataFrame) -> None:
        """Keep rows, and forget those that were not asked for the longest."""
        self._kept[key] = frame
        self._size += int(frame.estimated_size())
        while self._size > self._limit:
            self._size -= int(self._kept.popitem(last=False)[1].estimated_size())
