"""One writer at a time, in all processes: a lock that the system gives back when its holder dies."""

from __future__ import annotations

import fcntl
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from .engine import LibraryError

_PAUSE = 0.05


class LibraryBusyError(LibraryError):
    """Another process or thread is doing the same; wait for it, or try again later."""


@contextmanager
def hold(engine: Engine, name: str, seconds: float) -> Iterator[None]:
    """Hold a lock of the library.

    Args:
        engine: of the library.
        name: of the lock.
        seconds: to wait for it.

    Raises:
        LibraryBusyError: somebody else holds it all the time.
    """
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.{name}.lock").open("w") as file:
            _wait(lambda: _flock(file.fileno()), name, seconds)
            yield
        return
    key = zlib.crc32(f"docs-qa documents {name}".encode())
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        take = sa.select(sa.func.pg_try_advisory_lock(key))
        _wait(lambda: bool(connection.scalar(take)), name, seconds)
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))


def _flock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(take: Callable[[], bool], name: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not take():
        if time.monotonic() >= until:
            raise LibraryBusyError(
                f"another {name} of this library is running; try again when it has ended"
            )
        time.sleep(_PAUSE)
