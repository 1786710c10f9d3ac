"""One writer at a time, on this machine and on others.

On one machine a lock on a file is enough, and the kernel releases it when its holder is killed. For
other machines the store itself must decide who is first. MLflow has no locks, but it numbers the
versions of a model in a transaction: each writer draws a version of the model `<name>-lock` as
its ticket, and the lowest ticket that is not out of date holds the lock.
"""

from __future__ import annotations

import fcntl
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from payments_loop.tracking import Tracking

from .errors import RegistryError

#: How long a holder on another machine that was killed keeps others waiting, in seconds.
LEASE_SECONDS = 180.0
#: A holder stops this long before its ticket is out of date: requests may be repeated for a while,
#: and clocks differ.
MARGIN_SECONDS = 60.0
WAIT_SECONDS = 240.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Held:
    """The lock, held until `deadline` of the monotonic clock."""

    deadline: float = float("inf")

    def check(self) -> None:
        """See that there is time left to write.

        Raises:
            RegistryError: the lock is about to be lost.
        """
        if time.monotonic() > self.deadline:
            raise RegistryError("this took so long that the lock is lost; run it again")


@contextmanager
def hold(
    tracking: Tracking,
    name: str,
    folder: Path,
    wait: float = WAIT_SECONDS,
) -> Iterator[Held]:
    """Hold the lock of the model `name`.

    Args:
        tracking: the store.
        name: of the registered model.
        folder: where processes of this machine meet, if the store is no file that they share.
        wait: seconds to wait for others.

    Raises:
        RegistryError: others did not finish in time.
    """
    path = _lock_file(tracking, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        _wait(lambda: _locked(file), wait)
        if tracking.uri.startswith("sqlite:"):
            yield Held()
            return
        owner = f"{socket.gethostname()}:{path.resolve()}"
        ticket = _Ticket(tracking, f"{name}-lock", owner)
        deadline = time.monotonic() + LEASE_SECONDS - MARGIN_SECONDS
        ticket.draw()
        try:
            _wait(ticket.is_first, min(wait, LEASE_SECONDS - MARGIN_SECONDS))
            yield Held(deadline)
        finally:
            ticket.give_back()


def _lock_file(tracking: Tracking, folder: Path) -> Path:
    if tracking.uri.startswith("sqlite:///"):
        return Path(tracking.uri.removeprefix("sqlite:///") + ".registry.lock")
    return folder / ".registry.lock"


def _locked(file: IO[str]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _wait(ready: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise RegistryError(f"somebody else has been changing the registry for {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


class _Ticket:
    """A place in the queue.

    Args:
        tracking: the store.
        name: of the model whose versions are tickets.
        owner: this machine and folder. Whoever holds the file lock there knows that other tickets
            of the same owner are left over from processes that were killed.
    """

    def __init__(self, tracking: Tracking, name: str, owner: str) -> None:
        self._client = tracking.client
        self._name = name
        self._owner = owner
        self._token = uuid.uuid4().hex

    def draw(self) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(
                self._name,
                description="Tickets of processes that change aliases; see decision 1502.",
            )
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        for version, tags in self._tickets():
            if tags.get("owner") == self._owner:
                self._client.delete_model_version(self._name, version)
        until = time.time() + LEASE_SECONDS
        tags = {"owner": self._owner, "token": self._token, "until": f"{until:.0f}"}
        self._client.create_model_version(self._name, source="lock:/ticket", tags=tags)

    def is_first(self) -> bool:
        now = time.time()
        live = [
            (int(version), tags)
            for version, tags in self._tickets()
            if float(tags.get("until", 0)) > now
        ]
        # A request that was repeated because its answer was lost may have drawn a second ticket.
        return bool(live) and min(live, key=lambda one: one[0])[1].get("token") == self._token

    def give_back(self) -> None:
        from mlflow.exceptions import MlflowException

        # If this fails, the ticket goes out of date by itself.
        with suppress(MlflowException):
            for version, tags in self._tickets():
                if tags.get("token") == self._token:
                    self._client.delete_model_version(self._name, version)

    def _tickets(self) -> list[tuple[str, dict[str, str]]]:
        found = self._client.search_model_versions(f"name = '{self._name}'")
        return [(str(version.version), dict(version.tags)) for version in found]
