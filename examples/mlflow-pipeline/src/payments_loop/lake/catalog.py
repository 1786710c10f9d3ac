"""Names of the tables of a lake; object stores cannot list folders cheaply."""

from __future__ import annotations

import polars as pl

from payments_loop.lake.delta import Tables, Write
from payments_loop.lake.reading import paths

NAME = "_catalog"


class Catalog:
    """The list of tables, itself a table."""

    def __init__(self, tables: Tables) -> None:
        """Read nothing yet."""
        self._tables = tables
        self._listed: tuple[int, list[str]] = (-1, [])

    def add(self, name: str) -> None:
        """Note a table before it is created, so that one that exists is always listed."""
        frame = pl.DataFrame({"name": [name]})
        if self._tables.current(NAME) is None:
            self._tables.create(NAME, frame, facts={}, append_only=True)
        self._tables.commit(
            NAME,
            lambda stored: (
                None
                if stored.transaction_version(name) is not None
                else Write(frame, {"name": name}, once=name)
            ),
        )

    def names(self) -> list[str]:
        """Return the tables that exist, sorted."""
        stored = self._tables.current(NAME)
        if stored is None:
            return []
        version, listed = self._listed
        if version != stored.version():
            listed = self._tables.rows(stored, paths(stored)).collect()["name"].to_list()
            self._listed = stored.version(), listed
        return sorted(name for name in listed if self._tables.exists(name))
