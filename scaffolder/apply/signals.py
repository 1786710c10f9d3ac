"""Signals that would stop a command half way wait until everything is put back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """A signal arrived; it is delivered again as soon as everything is put back."""


@contextmanager
def signals_caught(*, at_once: bool = False) -> Iterator[Callable[[], None]]:
    """Catch SIGINT, SIGTERM and SIGHUP, and deliver them when the block has ended.

    By default they wait: the yielded function raises `Interrupted` when one has arrived. With `at_once`,
    those that would kill the process on the spot raise `Interrupted` instead, so that `finally` blocks run.
    One that the process ignores (`nohup`) stays ignored. Outside the main thread this does nothing: Python
    delivers signals only there.
    """
    arrived: list[int] = []

    def arrive(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)
        if at_once:
            raise Interrupted(number)

    def check() -> None:
        if arrived:
            raise Interrupted(arrived[0])

    # SIGINT last: when the handlers are put back, it is the one that may raise, and by then the others are.
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)}
    for number, handler in list(before.items()):
        if handler in (signal.SIG_IGN, None) or (at_once and handler is not signal.SIG_DFL):
            del before[number]
    if threading.current_thread() is not threading.main_thread():
        before.clear()
    try:
        for number in before:
            signal.signal(number, arrive)
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])
