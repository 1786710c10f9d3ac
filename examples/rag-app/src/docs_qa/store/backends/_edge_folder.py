"""The folder of the embedded store: one process at a time, and never half of a change in it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path

from docs_qa.store.types import StoreError


def hold(folder: Path) -> int:
    """Lock the folder for this process; the system unlocks it when the process ends."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 20).decode(errors="replace").strip()
        os.close(handle)
        raise StoreError(
            f"{folder} is open in process {holder or 'unknown'}, and the embedded store serves one "
            "process. While the service runs, add documents through it (its page, or PUT "
            "/v1/documents); otherwise stop that process. For several processes set APP_STORE to "
            "a database server."
        ) from None
    os.truncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    return handle


def replace(folder: Path) -> None:
    """Put `shard.new` in the place of `shard`."""
    (folder / "shard").rename(folder / "shard.old")
    (folder / "shard.new").rename(folder / "shard")
    shutil.rmtree(folder / "shard.old")


def finish_replacing(folder: Path) -> None:
    """Complete `replace` where a process was killed in it; drop what was not complete."""
    if not (folder / "shard").exists() and (folder / "shard.old").exists():
        (folder / "shard.new").rename(folder / "shard")
    for name in ("shard.old", "shard.new"):
        shutil.rmtree(folder / name, ignore_errors=True)


def recorded_identity(folder: Path) -> str:
    """Return the identity of the index in a folder, empty if there is none.

    Raises:
        StoreError: the file that has it is damaged.
    """
    path = folder / "identity.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["identity"])
    except FileNotFoundError:
        return ""
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: {error!r}") from error


def record_identity(folder: Path, identity: str) -> str:
    """Write the identity in one step, and return it."""
    path = folder / "identity.json"
    written = path.with_suffix(".tmp")
    written.write_text(json.dumps({"identity": identity}) + "\n", encoding="utf-8")
    written.replace(path)
    return identity
