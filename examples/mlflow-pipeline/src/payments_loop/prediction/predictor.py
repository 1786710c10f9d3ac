"""From rows to decisions: routing, encoding, scoring, counting, logging."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from payments_loop.api.events import now
from payments_loop.api.problems import (
    INVALID_INPUT,
    NOT_READY,
    FieldError,
    Problem,
    pointer,
)
from payments_loop.api.routing import challenged
from payments_loop.api.service import Service
from payments_loop.bundle import EncodingError

from .batching import Queue
from .events import Decided
from .jobs import Batch, Floats, Scores
from .metrics import PredictionMetrics
from .models import InUse, Lineup, Model, Role
from .observers import Observation, Observers
from .problems import INFERENCE_FAILED
from .schemas import Decision, Instance
from .scoring import Scorer
from .settings import PredictionSettings
from .shadow import Shadow

logger = logging.getLogger(__name__)


@dataclass
class Predictors:
    """How other plugins score: `service.shared(Predictors)`.

    Attributes:
        current: None until the plugin for predictions is installed.
    """

    current: Predictor | None = None


class _Part(NamedTuple):
    """The instances of a request that one model answers, by their positions in it."""

    model: Model
    role: Role
    positions: Sequence[int]
    features: Floats


class Predictor:
    """Answers prediction requests; the fast path and the documented routes both use it."""

    def __init__(
        self,
        service: Service,
        settings: PredictionSettings,
        metrics: PredictionMetrics,
    ) -> None:
        self._in_use = service.shared(InUse)
        self._observers = service.shared(Observers)
        self._log = service.events.add
        self._metrics = metrics
        self._shadowing = settings.challenger == "shadow"
        self._share = settings.challenger_share if settings.challenger == "split" else 0.0
        self.queue = Queue(
            self._scored,
            capacity=settings.queue_rows,
            batch_rows=settings.batch_rows,
            timeout=settings.request_timeout,
        )
        self._scorer = Scorer(
            self._scored,
            lambda: service.open_requests() > 1,
            self.queue,
            inline_seconds=settings.inline_budget_ms / 1000,
        )
        self.shadow = Shadow(
            metrics,
            self._scored,
            capacity=settings.shadow_rows,
            batch_rows=settings.batch_rows,
        )

    async def predict(
        self,
        instances: Sequence[Instance],
        request_id: str,
        gone: Callable[[], Awaitable[object]],
        *,
        single: bool,
    ) -> list[Decision]:
        """Decide on `instances`, in order.

        Args:
            instances: rows with their routing keys; a row without one is routed by the request id.
            request_id: for the log and the answers.
            gone: returns when the caller has closed the connection.
            single: the body is one row, not a list: errors point to another place in it.

        Raises:
            Problem: the request cannot be answered.
            ClientGoneError: the caller gave up.
        """
        lineup = self._in_use.lineup
        if lineup is None:
            raise Problem(NOT_READY, "Try again when /readyz answers 200", retry_after=5)
        try:
            parts = self._route(lineup, instances, request_id, single=single)
            answers: list[Decision] = [_PENDING] * len(instances)
            for part in parts:
                scores = await self._scorer.score(part.model, part.role, part.features, gone)
                self._decide(part, scores, request_id, answers)
        except Problem as problem:
            if problem.kind is INFERENCE_FAILED:
                self._metrics.errors.labels("model").inc()
                logger.exception("scoring failed")
            raise
        if self._shadowing and lineup.challenger is not None:
            rows = [instance.features for instance in instances]
            probabilities = [answer.probability for answer in answers]
            self.shadow.submit(lineup.challenger, rows, probabilities)
        return answers

    def _route(
        self,
        lineup: Lineup,
        instances: Sequence[Instance],
        request_id: str,
        *,
        single: bool,
    ) -> list[_Part]:
        """Assign every instance to a model and encode it; all before anything is scored."""
        everything = range(len(instances))
        champion, challenger = lineup
        if challenger is None or not self._share:
            return [_part(champion, "champion", everything, instances, single=single)]
        salt = challenger.version
        chosen = [
            challenged(instance.key or request_id, salt, self._share) for instance in instances
        ]
        ours = [position for position in everything if not chosen[position]]
        theirs = [position for position in everything if chosen[position]]
        parts = []
        if ours:
            parts.append(_part(champion, "champion", ours, instances, single=single))
        if theirs:
            parts.append(_part(challenger, "challenger", theirs, instances, single=single))
        return parts

    def _decide(
        self,
        part: _Part,
        scores: Scores,
        request_id: str,
        answers: list[Decision],
    ) -> None:
        """Turn scores into answers; count and log each."""
        version, decide = part.model.version, part.model.bundle.decide
        observe = self._metrics.scored(version, part.role).probability.observe
        time = now()
        probabilities, thresholds = scores.probabilities.tolist(), scores.thresholds.tolist()
        rows = zip(part.positions, probabilities, thresholds, strict=True)
        for position, probability, threshold in rows:
            decision = decide(probability, threshold)
            answers[position] = Decision(probability, decision, threshold, version, request_id)
            observe(probability)
            self._metrics.predictions(version, decision).inc()
            self._log(
                Decided(
                    time=time,
                    request_id=request_id,
                    row=position,
                    model_version=version,
                    role=part.role,
                    probability=probability,
                    decision=decision,
                )
            )

    def _scored(self, batch: Batch) -> None:
        """Count one call of a model, and show its rows to the observers."""
        metrics, rows = self._metrics, len(batch.features)
        scored = metrics.scored(batch.model.version, batch.role)
        scored.duration.observe(batch.seconds)
        scored.rows.inc(rows)
        metrics.batch_size.observe(rows)
        if self._observers:
            seen = Observation(batch.model.bundle, batch.features, batch.probabilities, batch.role)
            for observer in self._observers:
                try:
                    observer(seen)
                except Exception:  # an extension must not cost anybody an answer
                    metrics.errors.labels("observer").inc()
                    logger.exception("observer failed")


_PENDING = Decision(0.0, "", 0.0, "", "")


def _part(
    model: Model,
    role: Role,
    positions: Sequence[int],
    instances: Sequence[Instance],
    *,
    single: bool,
) -> _Part:
    """Encode the instances at `positions`.

    Raises:
        Problem: a row does not fit the model.
    """
    rows = [instances[position].features for position in positions]
    try:
        return _Part(model, role, positions, model.bundle.encode(rows))
    except EncodingError as error:
        place = () if single else ("instances", positions[error.row])
        wrong = FieldError(pointer(*place, "features", error.field), error.allowed)
        raise Problem(INVALID_INPUT, f"{error.field} {error.allowed}", errors=[wrong]) from error
