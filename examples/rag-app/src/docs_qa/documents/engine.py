"""The database of the library: an SQLite file, or PostgreSQL for several instances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine


class LibraryError(Exception):
    """The library cannot be used as asked; the message says what to do."""


def connect(url: str) -> Engine:
    """Return an engine.

    Raises:
        LibraryError: the URL is of another kind of database.
    """
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return sa.create_engine(parsed, pool_pre_ping=True)
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise LibraryError(f"{parsed}: the library is an SQLite file or a PostgreSQL database")
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        # Readers go on while one writes; what is committed survives a power cut, as the sink's
        # old revisions are gone right after.
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
