"""Answers many requests with one model: a bounded queue, and batches that change at every token."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from text2json.llm import ModelError

from .bank import Bank
from .jobs import Job, Reason
from .lane import Lane

logger = logging.getLogger(__name__)


class QueueFullError(Exception):
    """As many requests wait as may."""


class StoppingError(Exception):
    """The engine takes no requests any more."""


class Observer(Protocol):
    """Is told what happens, in the thread of the engine."""

    def waited(self, job: Job, seconds: float) -> None:
        """A job left the queue."""

    def token(self, job: Job, seconds: float) -> None:
        """A job got a token: its first after so many seconds since it arrived, or a further one."""

    def stepped(self, batch: int) -> None:
        """The model continued so many jobs at once."""

    def finished(self, job: Job, reason: Reason) -> None:
        """A job has ended."""


class Engine:
    """One thread that computes.

    Jobs for the same adapter are one batch. The batches take turns, one token each, so that a busy
    adapter does not make the others wait.

    Args:
        bank: the models; from now on only this engine's thread may use them.
        observer: metrics.
        batch: jobs that are computed at once, over all adapters.
        capacity: jobs that may wait.
    """

    def __init__(self, bank: Bank, observer: Observer, *, batch: int, capacity: int) -> None:
        self._bank = bank
        self._observer = observer
        self._batch = batch
        self._capacity = capacity
        self._waiting: deque[Job] = deque()
        self._lanes: dict[str | None, Lane] = {}
        self._tasks: deque[tuple[Callable[[Bank], Any], Future[Any]]] = deque()
        self._retired: set[str] = set()
        self._changed = threading.Condition()
        self._stopping = False
        tokenizer = bank.loaded.tokenizer
        self._ends = end_tokens(bank.loaded)
        self._decode = lambda tokens: str(tokenizer.decode(tokens, skip_special_tokens=True))
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def waiting(self) -> int:
        """Jobs in the queue."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """Jobs that are being computed."""
        return sum(len(lane.jobs) for lane in list(self._lanes.values()))

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Let a job wait for its turn.

        Raises:
            QueueFullError: too many wait already.
            StoppingError: `stop` was called.
        """
        with self._changed:
            if self._stopping:
                raise StoppingError
            if len(self._waiting) >= self._capacity:
                raise QueueFullError
            self._waiting.append(job)
            self._changed.notify()

    def call(self, task: Callable[[Bank], Any]) -> Future[Any]:
        """Have something done with the models, between two tokens."""
        result: Future[Any] = Future()
        with self._changed:
            if self._stopping:
                raise StoppingError
            self._tasks.append((task, result))
            self._changed.notify()
        return result

    def retire(self, version: str) -> None:
        """Free an adapter once nobody waits for it any more."""
        with self._changed:
            self._retired.add(version)
            self._changed.notify()

    def stop(self) -> None:
        """End what waits and what runs, and wait for the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while self._wait():
            try:
                self._do_tasks()
                self._admit()
                for model in list(self._lanes):
                    self._advance(model)
                self._free()
            except Exception:  # of one batch: the others, and later requests, go on
                logger.exception("a batch failed")
                self._end_all("error")
        for _, result in self._tasks:
            result.cancel()
        self._end_all("draining")
        while self._waiting:
            self._end(self._waiting.popleft(), "draining")

    def _wait(self) -> bool:
        """Wait for something to do; whether to go on."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._stopping or self._waiting or self._tasks or self._lanes or self._retired
                )
            )
            return not self._stopping

    def _do_tasks(self) -> None:
        while self._tasks:
            task, result = self._tasks.popleft()
            try:
                result.set_result(task(self._bank))
            except Exception as error:  # noqa: BLE001 (whoever asked is told)
                result.set_exception(error)

    def _free(self) -> None:
        """Let go of retired adapters that no job needs."""
        with self._changed:
            needed = {job.model for job in self._waiting} | self._lanes.keys()
            free = self._retired - needed
            self._retired -= free
        for version in free:
            self._bank.remove(version)

    def _admit(self) -> None:
        """Let jobs out of the queue, as far as there is room, and read their prompts."""
        chosen: dict[str | None, list[Job]] = {}
        room = self._batch - self.running
        while room and self._waiting:
            job = self._waiting.popleft()
            if self._is_given_up(job):
                continue
            job.begin(self._decode)
            self._observer.waited(job, job.begun - job.arrived)
            chosen.setdefault(job.model, []).append(job)
            room -= 1
        for model, jobs in chosen.items():
            lane = self._lanes.get(model) or self._new_lane()
            try:
                with _inference(), self._bank.using(model) as forward:
                    tokens = lane.join(forward, jobs)
            except Exception:
                for job in jobs:
                    self._end(job, "error")
                raise
            self._lanes[model] = lane
            joined = {id(job) for job in jobs}
            self._give(model, [job for job in lane.jobs if id(job) in joined], tokens)

    def _is_given_up(self, job: Job) -> bool:
        if job.cancelled:
            self._end(job, "cancelled")
        elif time.monotonic() > job.deadline:
            self._end(job, "expired")
        elif job.model is not None and job.model not in self._bank.versions:
            self._end(job, "error")
        else:
            return False
        return True

    def _advance(self, model: str | None) -> None:
        """One more token for every job of a batch."""
        lane = self._lanes[model]
        self._let_go(model, [job for job in lane.jobs if job.cancelled], "cancelled")
        if lane.jobs:
            self._observer.stepped(len(lane.jobs))
            with _inference(), self._bank.using(model) as forward:
                tokens = lane.step(forward)
            self._give(model, lane.jobs, tokens)

    def _give(self, model: str | None, jobs: list[Job], tokens: list[int]) -> None:
        now = time.monotonic()
        ended: list[Job] = []
        for job, token in zip(jobs, tokens, strict=True):
            self._observer.token(job, now - (job.last or job.arrived))
            job.last = now
            reason = job.take(token, self._ends)
            if reason is not None:
                ended.append(job)
                self._end(job, reason)
        self._drop(model, ended)

    def _let_go(self, model: str | None, jobs: list[Job], reason: Reason) -> None:
        for job in jobs:
            self._end(job, reason)
        self._drop(model, jobs)

    def _drop(self, model: str | None, jobs: list[Job]) -> None:
        lane = self._lanes[model]
        gone = {id(job) for job in jobs}
        lane.keep([place for place, job in enumerate(lane.jobs) if id(job) not in gone])
        if not lane.jobs:
            del self._lanes[model]

    def _end_all(self, reason: Reason) -> None:
        for lane in self._lanes.values():
            for job in lane.jobs:
                self._end(job, reason)
        self._lanes.clear()

    def _end(self, job: Job, reason: Reason) -> None:
        self._observer.finished(job, reason)
        job.finish(reason)

    def _new_lane(self) -> Lane:
        tokenizer = self._bank.loaded.tokenizer
        pad = tokenizer.pad_token_id
        return Lane(0 if pad is None else int(pad), self._bank.loaded.model.device)


def _inference() -> Any:
    import torch

    return torch.inference_mode()


def end_tokens(loaded: Any) -> frozenset[int]:
    """The tokens at which the model's completions end.

    Raises:
        ModelError: it has none, so that no completion would end by itself.
    """
    configured = getattr(loaded.model.generation_config, "eos_token_id", None)
    found = configured if isinstance(configured, list) else [configured]
    ends = {*found, loaded.tokenizer.eos_token_id} - {None}
    if not ends:
        raise ModelError(
            f"{loaded.name}: neither its configuration nor its tokenizer has an end token"
        )
    return frozenset(int(token) for token in ends)
