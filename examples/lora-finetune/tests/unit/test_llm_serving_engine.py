"""The engine gives everybody what they would get alone."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from plugins.http_api import wait_until
from prometheus_client import CollectorRegistry

from text2json.llm import ModelError, load
from text2json.llm_serving.bank import Bank
from text2json.llm_serving.engine import (
    Engine,
    QueueFullError,
    StoppingError,
)
from text2json.llm_serving.jobs import Event, Finished, Job, Piece
from text2json.llm_serving.metrics import LlmMetrics
from text2json.llm_serving.sampling import Sampling

PATIENCE = 60.0
PROMPTS = [f"<|user|>{'tell me ' * count}more{count}<|end|><|assistant|>" for count in range(6)]


class Asked:
    """A job and its events."""

    def __init__(
        self, engine: Engine, prompt: list[int], sampling: Sampling, model: str | None = None
    ) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        deadline = time.monotonic() + PATIENCE
        self.job = Job(model, prompt, sampling, self.events.put, deadline)
        self.text = ""
        engine.submit(self.job)

    def end(self) -> Finished:
        while not isinstance(event := self.events.get(timeout=PATIENCE), Finished):
            self.text += event.text
        return event


@pytest.fixture(scope="module")
def models(tiny: tuple[Path, Path]) -> tuple[Path, Path]:
    return tiny


@pytest.fixture
def bank(models: tuple[Path, Path]) -> Bank:
    torch.set_num_threads(1)
    base, adapters = models
    made = Bank(load(base, device="cpu"))
    for version in ("v1", "v2.1"):
        made.add(version, adapters / version)
    return made


@pytest.fixture
def metrics() -> LlmMetrics:
    return LlmMetrics(CollectorRegistry(), "json")


@pytest.fixture
def engine(bank: Bank, metrics: LlmMetrics) -> Iterator[Engine]:
    made = Engine(bank, metrics, batch=4, capacity=8)
    yield made
    if made._thread.ident is None:  # stopping waits for it
        made.start()
    made.stop()


def tokens(bank: Bank, text: str) -> list[int]:
    found: list[int] = bank.loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    return found


def alone(models: tuple[Path, Path], version: str | None, prompt: list[int], most: int) -> str:
    """What transformers itself generates, one prompt at a time."""
    base, adapters = models
    loaded = load(base, adapters / version if version else None, device="cpu")
    given = torch.tensor([prompt])
    produced = loaded.model.generate(
        input_ids=given, attention_mask=torch.ones_like(given), max_new_tokens=most, do_sample=False
    )
    return str(loaded.tokenizer.decode(produced[0, len(prompt) :], skip_special_tokens=True))


def test_batches_of_several_models_give_what_each_gives_alone(
    models: tuple[Path, Path], bank: Bank, engine: Engine
) -> None:
    greedy = [Sampling(max_tokens=4 + 5 * place, temperature=0) for place in range(6)]
    versions = [None, "v1", "v2.1", None, "v1", None]
    prompts = [tokens(bank, text) for text in PROMPTS]
    asked = [
        Asked(engine, prompt, sampling, version)
        for prompt, sampling, version in zip(prompts, greedy, versions, strict=True)
    ]
    assert engine.waiting == len(asked)
    engine.start()
    for one, prompt, sampling, version in zip(asked, prompts, greedy, versions, strict=True):
        end = one.end()
        assert (end.prompt_tokens, end.completion_tokens) == (len(prompt), one.job.tokens)
        assert one.text == alone(models, version, prompt, sampling.max_tokens)
    assert len({one.text[:4] for one in asked}) > 1
    wait_until(lambda: engine.running == 0)


def test_a_seed_repeats_a_completion_whoever_shares_the_batch(bank: Bank, engine: Engine) -> None:
    engine.start()
    prompt = tokens(bank, PROMPTS[0])
    seeded = Sampling(max_tokens=12, seed=11)
    first = Asked(engine, prompt, seeded)
    first.end()
    others = [Asked(engine, tokens(bank, text), Sampling(max_tokens=20)) for text in PROMPTS[:2]]
    again = Asked(engine, prompt, seeded)
    again.end()
    assert again.text == first.text
    for other in others:
        other.end()


def test_a_stop_sequence_ends_the_completion(bank: Bank, engine: Engine) -> None:
    engine.start()
    prompt = tokens(bank, PROMPTS[1])
    whole = Asked(engine, prompt, Sampling(max_tokens=30, temperature=0))
    whole.end()
    stop = whole.text[5:7]
    short = Asked(engine, prompt, Sampling(max_tokens=30, temperature=0, stop=(stop,)))
    assert short.end().reason == "stop"
    assert short.text == whole.text[: whole.text.index(stop)]


def test_who_leaves_is_not_computed_any_more(bank: Bank, engine: Engine) -> None:
    engine.start()
    endless = Sampling(max_tokens=10_000, temperature=1)
    asked = Asked(engine, tokens(bank, PROMPTS[0]), endless)
    engine._ends = frozenset()  # so that it cannot end by itself
    assert isinstance(asked.events.get(timeout=PATIENCE), Piece)
    asked.job.cancelled = True
    assert asked.end().reason == "cancelled"
    wait_until(lambda: engine.running == 0)


def test_what_does_not_fit_the_queue_is_refused(bank: Bank, engine: Engine) -> None:
    prompt = tokens(bank, PROMPTS[0])
    waiting = [Asked(engine, prompt, Sampling(max_tokens=1)) for _ in range(8)]
    with pytest.raises(QueueFullError):
        Asked(engine, prompt, Sampling(max_tokens=1))
    waiting[0].job.cancelled = True
    waiting[1].job.deadline = 0
    waiting[2].job.model = "never-loaded"
    engine.start()
    reasons = [one.end().reason for one in waiting]
    assert reasons[:3] == ["cancelled", "expired", "error"]
    assert set(reasons[3:]) <= {"stop", "length"}


def test_stopping_ends_what_waits(bank: Bank, engine: Engine) -> None:
    waiting = Asked(engine, tokens(bank, PROMPTS[0]), Sampling(max_tokens=5))
    engine._stopping = True
    engine.start()
    assert waiting.end().reason == "draining"
    with pytest.raises(StoppingError):
        Asked(engine, [1], Sampling(max_tokens=1))
    with pytest.raises(StoppingError):
        engine.call(lambda _: None)


def test_a_failing_batch_does_not_end_the_engine(bank: Bank, engine: Engine) -> None:
    prompt = tokens(bank, PROMPTS[0])
    broken = Asked(engine, [10**6], Sampling(max_tokens=3))  # no such token
    engine.start()
    assert broken.end().reason == "error"
    assert Asked(engine, prompt, Sampling(max_tokens=3)).end().reason in {"stop", "length"}


def test_a_retired_adapter_is_freed_after_its_last_request(bank: Bank, engine: Engine) -> None:
    last = Asked(engine, tokens(bank, PROMPTS[0]), Sampling(max_tokens=3), "v1")
    engine.retire("v1")
    engine.start()
    assert last.end().reason in {"stop", "length"}
    wait_until(lambda: bank.versions == {"v2.1"})
    loaded = engine.call(lambda bank: len(bank.model.peft_config))
    assert loaded.result(PATIENCE) == 1


def test_an_adapter_of_another_model_is_refused(bank: Bank, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        bank.add("v3", tmp_path / "nowhere")


def test_metrics_count_tokens_and_broken_outputs(
    bank: Bank, engine: Engine, metrics: LlmMetrics
) -> None:
    engine.start()
    prompt = tokens(bank, PROMPTS[0])
    asked = Asked(engine, prompt, Sampling(max_tokens=9, temperature=0), "v1")
    written = asked.end().completion_tokens
    registry = metrics.registry

    def value(name: str, **labels: str) -> float:
        return registry.get_sample_value(name, {"model": "v1", **labels}) or 0

    assert value("llm_prompt_tokens_total") == len(prompt)
    assert value("llm_completion_tokens_total") == written
    assert value("llm_time_to_first_token_seconds_count") == 1
    assert value("llm_inter_token_seconds_count") == written - 1
    assert value("llm_outputs_total", valid="false") == 1
