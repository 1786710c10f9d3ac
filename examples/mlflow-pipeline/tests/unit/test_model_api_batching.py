"""Scoring alone, together and in the queue."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, cast

import numpy as np
import pytest

from payments_loop.api.asgi import ClientGoneError
from payments_loop.api.problems import OVERLOADED, TIMEOUT, Problem
from payments_loop.prediction.batching import Queue
from payments_loop.prediction.jobs import Batch, Floats
from payments_loop.prediction.models import Model
from payments_loop.prediction.problems import INFERENCE_FAILED
from payments_loop.prediction.scoring import Scorer


class FakeModel:
    """Scores a row with its first value; can be made to wait, and remembers its calls."""

    def __init__(self, *, slow: bool = True) -> None:
        self.calls: list[int] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.started = threading.Event()
        self.model = Model(
            version="v1",
            bundle=cast("Any", self),
            call_seconds=1.0 if slow else 1e-6,
            row_seconds=1e-6,
            loaded=0.0,
        )

    def thresholds(self, features: Floats) -> Floats:
        """The second value of each row."""
        return features[:, 1]

    def predict(self, features: Floats) -> Floats:
        self.started.set()
        assert self.gate.wait(60)
        self.calls.append(len(features))
        self.threads.add(threading.get_ident())
        return features[:, 0]


async def never() -> None:
    await asyncio.Event().wait()


def rows(*values: float) -> Floats:
    return np.array([[value, value / 2] for value in values], dtype=np.float32)


class SmallScorer(Scorer):
    """A scorer with a small queue."""

    def __init__(
        self,
        scored: Callable[[Batch], None] = lambda _: None,
        *,
        crowded: bool = False,
        inline_seconds: float = 0.001,
        **changes: float,
    ) -> None:
        limits: dict[str, Any] = {"capacity": 8, "batch_rows": 4, "timeout": 60.0}
        self.queue = Queue(scored, **limits | changes)
        super().__init__(scored, lambda: crowded, self.queue, inline_seconds=inline_seconds)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 120))


async def started(fake: FakeModel) -> None:
    """Wait until the model is scoring."""
    assert await asyncio.to_thread(fake.started.wait, 60)


async def queued(scorer: SmallScorer, count: int) -> None:
    """Wait until so many rows are in the queue."""
    while scorer.queue.depth != count:  # noqa: ASYNC110 (the queue tells nobody)
        await asyncio.sleep(0.001)


async def score(scorer: Scorer, fake: FakeModel, *values: float) -> list[float]:
    found = await scorer.score(fake.model, "champion", rows(*values), never)
    assert (found.thresholds == found.probabilities / 2).all()
    return [round(float(value), 3) for value in found.probabilities]


def test_cheap_models_are_scored_on_the_event_loop() -> None:
    async def main() -> None:
        fake = FakeModel(slow=False)
        assert await score(SmallScorer(), fake, 0.25, 0.5) == [0.25, 0.5]
        assert fake.threads == {threading.get_ident()}

    run(main())


def test_slow_models_are_scored_on_another_thread() -> None:
    async def main() -> None:
        fake = FakeModel()
        batches: list[Batch] = []
        scorer = SmallScorer(batches.append)
        assert await score(scorer, fake, 0.25) == [0.25]
        assert threading.get_ident() not in fake.threads
        assert [len(batch.features) for batch in batches] == [1]
        await scorer.queue.close()

    run(main())


def test_a_large_batch_is_not_cheap() -> None:
    async def main() -> None:
        fake = FakeModel(slow=False)
        scorer = SmallScorer(inline_seconds=2.5e-6)
        await score(scorer, fake, 0.1, 0.2)
        assert fake.threads == {threading.get_ident()}
        await score(scorer, fake, 0.1, 0.2, 0.3)
        assert len(fake.threads) == 2
        await scorer.queue.close()

    run(main())


def test_what_came_meanwhile_is_scored_together() -> None:
    async def main() -> None:
        fake = FakeModel()
        scorer = SmallScorer()
        fake.gate.clear()
        first = asyncio.create_task(score(scorer, fake, 0.1))
        await started(fake)
        values = [0.2, 0.3, 0.4, 0.5, 0.6]
        others = [asyncio.create_task(score(scorer, fake, value)) for value in values]
        await queued(scorer, 5)
        fake.gate.set()
        assert await first == [0.1]
        assert await asyncio.gather(*others) == [[value] for value in values]
        assert fake.calls == [1, 4, 1]
        assert scorer.queue.depth == 0
        await scorer.queue.close()

    run(main())


def test_rows_go_back_to_the_request_they_came_with() -> None:
    async def main() -> None:
        one, two = FakeModel(), FakeModel()
        scorer = SmallScorer(batch_rows=100, capacity=100)
        one.gate.clear()
        first = asyncio.create_task(score(scorer, one, 0.5))
        await started(one)
        asked = [(one, (0.1, 0.2)), (two, (0.3,)), (one, (0.4, 0.5, 0.6)), (two, (0.7, 0.8))]
        tasks = [asyncio.create_task(score(scorer, fake, *values)) for fake, values in asked]
        await queued(scorer, 8)
        one.gate.set()
        assert await asyncio.gather(*tasks) == [list(values) for _, values in asked]
        assert one.calls == [1, 5]
        assert two.calls == [3]
        await first
        await scorer.queue.close()

    run(main())


def test_a_full_queue_refuses() -> None:
    async def main() -> None:
        fake = FakeModel()
        scorer = SmallScorer(capacity=2)
        fake.gate.clear()
        tasks = [asyncio.create_task(score(scorer, fake, 0.1))]
        await started(fake)
        tasks.append(asyncio.create_task(score(scorer, fake, 0.2, 0.3)))
        await queued(scorer, 2)
        with pytest.raises(Problem) as caught:
            await score(scorer, fake, 0.4)
        assert caught.value.kind is OVERLOADED
        assert caught.value.headers["retry-after"] == "1"
        fake.gate.set()
        assert await asyncio.gather(*tasks) == [[0.1], [0.2, 0.3]]
        await scorer.queue.close()

    run(main())


def test_nobody_waits_longer_than_the_timeout() -> None:
    async def main() -> None:
        fake = FakeModel()
        scorer = SmallScorer(timeout=0.5)
        fake.gate.clear()
        first = asyncio.create_task(score(scorer, fake, 0.1))
        await started(fake)
        with pytest.raises(Problem) as caught:
            await score(scorer, fake, 0.2)
        assert caught.value.kind is TIMEOUT
        with pytest.raises(Problem):
            await first
        fake.gate.set()
        await scorer.queue.close()
        assert fake.calls == [1]  # the second one was given up before its turn

    run(main())


def test_callers_who_left_are_not_scored() -> None:
    async def main() -> None:
        fake = FakeModel()
        scorer = SmallScorer()
        fake.gate.clear()
        first = asyncio.create_task(score(scorer, fake, 0.1))
        await started(fake)
        left = asyncio.Event()
        waiting = asyncio.create_task(
            scorer.score(fake.model, "champion", rows(0.2), left.wait),
        )
        await queued(scorer, 1)
        left.set()
        with pytest.raises(ClientGoneError):
            await waiting
        fake.gate.set()
        assert await first == [0.1]
        await scorer.queue.close()
        assert fake.calls == [1]

    run(main())


def test_closing_refuses_what_waits_and_finishes_what_runs() -> None:
    async def main() -> None:
        fake = FakeModel()
        scorer = SmallScorer()
        fake.gate.clear()
        first = asyncio.create_task(score(scorer, fake, 0.1))
        await started(fake)
        second = asyncio.create_task(score(scorer, fake, 0.2))
        await queued(scorer, 1)
        closing = asyncio.create_task(scorer.queue.close())
        with pytest.raises(Problem, match="another replica"):
            await second
        with pytest.raises(Problem, match="another replica"):
            await score(scorer, fake, 0.3)
        fake.gate.set()
        assert await first == [0.1]
        await closing

    run(main())


@pytest.mark.parametrize("slow", [True, False])
@pytest.mark.parametrize("value", [float("nan"), -0.1, 1.5])
def test_what_is_no_probability_is_never_answered(value: float, *, slow: bool) -> None:
    async def main() -> None:
        scorer = SmallScorer()
        for values in [(value,), (0.5, value)]:
            with pytest.raises(Problem) as caught:
                await score(scorer, FakeModel(slow=slow), *values)
            assert caught.value.kind is INFERENCE_FAILED
        await scorer.queue.close()

    run(main())


def test_a_failing_model_fails_only_its_own_requests() -> None:
    async def main() -> None:
        good, bad = FakeModel(), FakeModel()
        scorer = SmallScorer()
        good.gate.clear()
        first = asyncio.create_task(score(scorer, good, 0.1))
        await started(good)
        broken = asyncio.create_task(score(scorer, bad, 7.0))
        fine = asyncio.create_task(score(scorer, good, 0.2))
        await queued(scorer, 2)
        good.gate.set()
        assert await first == [0.1]
        with pytest.raises(Problem, match="outside 0 to 1"):
            await broken
        assert await fine == [0.2]
        await scorer.queue.close()

    run(main())


def test_requests_that_are_there_together_are_scored_by_one_call() -> None:
    async def main() -> None:
        one, two = FakeModel(slow=False), FakeModel(slow=False)
        batches: list[Batch] = []
        scorer = SmallScorer(batches.append, crowded=True)
        asked = [(one, (0.1, 0.2)), (two, (0.3,)), (one, (0.4,)), (two, (0.5, 0.6))]
        answers = await asyncio.gather(*(score(scorer, fake, *values) for fake, values in asked))
        assert answers == [list(values) for _, values in asked]
        assert (one.calls, two.calls) == ([3], [3])
        assert one.threads == {threading.get_ident()}
        assert [len(batch.features) for batch in batches] == [3, 3]
        assert await score(scorer, one, 0.7) == [0.7]

    run(main())


def test_a_bad_row_fails_only_the_request_that_it_came_with() -> None:
    async def main() -> None:
        fake = FakeModel(slow=False)
        scorer = SmallScorer(crowded=True)
        calls = [score(scorer, fake, value) for value in (0.1, 7.0, 0.2)]
        good, bad, other = await asyncio.gather(*calls, return_exceptions=True)
        assert (good, other) == ([0.1], [0.2])
        assert isinstance(bad, Problem)

    run(main())


def test_a_model_that_fails_fails_everybody_in_its_call() -> None:
    async def main() -> None:
        fake = FakeModel(slow=False)
        scorer = SmallScorer(crowded=True)
        wrong = np.zeros((1, 0), dtype=np.float32)  # no first value to answer with
        calls = [scorer.score(fake.model, "champion", wrong, never) for _ in range(2)]
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert [getattr(failure, "kind", None) for failure in failures] == [INFERENCE_FAILED] * 2

    run(main())
