"""Faults at every operation on the disk."""

from __future__ import annotations

import errno
import os
import signal
import stat
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

#: Every call through which the writer reaches the disk.
OPERATIONS = [
    *("open", "write", "fsync", "ftruncate", "fchmod", "chmod", "mkdir", "rmdir"),
    *("rename", "replace", "unlink", "remove", "link", "symlink"),
]

#: Those that need space, besides `open` of a new file.
GROWING = {"write", "mkdir", "link", "symlink"}


@dataclass
class Injector:
    """Lets `act` happen at the operation number `at` (-1: never), and at all later ones if `sticky`.

    `act` is told whether the operation needs space on the disk.
    """

    at: int = -1
    act: Callable[[bool], object] = bool
    after: bool = False
    sticky: bool = False
    trace: list[str] = field(default_factory=list)

    def __enter__(self) -> Injector:
        self.originals: dict[str, Any] = {name: getattr(os, name) for name in OPERATIONS}
        for name in OPERATIONS:
            setattr(os, name, partial(self.operation, name))
        return self

    def __exit__(self, *_: object) -> None:
        for name, original in self.originals.items():
            setattr(os, name, original)

    def operation(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "write" and stat.S_ISFIFO(os.fstat(args[0]).st_mode):
            return self.originals[name](*args, **kwargs)  # to another program, not to the disk
        number = len(self.trace)
        self.trace.append(f"{name} {args[0]}")
        now = number == self.at
        later = self.sticky and number > self.at >= 0
        growing = name in GROWING or (name == "open" and bool(args[1] & os.O_CREAT))
        if later or (now and not self.after):
            self.act(growing)
        try:
            return self.originals[name](*args, **kwargs)
        finally:
            if now and self.after:
                self.act(growing)


def in_child(action: Callable[[], object]) -> int:
    """Run in a forked child; what `os.waitstatus_to_exitcode` says of its end."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(_growing: bool) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def disk_full(growing: bool) -> None:
    if growing:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def io_error(_growing: bool) -> NoReturn:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def interrupt(_growing: bool) -> NoReturn:
    raise KeyboardInterrupt
