"""Two ways to train the same adapter on the same conversations, counted in real tokens.

`Way.run` trains one epoch and returns what it took. Neither counts padding: a token is one of a conversation.
"""

from __future__ import annotations

import importlib
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

IGNORED = -100


@dataclass(frozen=True)
class Sizes:
    """How much is trained at once.

    Attributes:
        row_tokens: of a packed row.
        step_rows: packed rows per update; the plain way gets as many conversations as fit on average.
        rank: of the adapter; alpha is twice that.
        rate: learning rate.
    """

    row_tokens: int
    step_rows: int
    rank: int = 16
    rate: float = 1e-3


@dataclass(frozen=True)
class Took:
    """One epoch: real tokens, seconds (of the processor without a GPU), all places of the batches, last loss."""

    tokens: int
    seconds: float
    places: int
    loss: float
    peak_gib: float

    @property
    def speed(self) -> float:
        """Real tokens per second."""
        return self.tokens / self.seconds


def project_way(package: str, model: Any, items: Sequence[Any], sizes: Sizes) -> Took:
    """The loop of the generated project."""
    from accelerate import Accelerator

    finetune = importlib.import_module(f"{package}.finetune")
    loop = importlib.import_module(f"{package}.finetune.loop")
    state = importlib.import_module(f"{package}.finetune.state")
    adapt = importlib.import_module(f"{package}.finetune.model").adapt
    settings = finetune.Settings(
        rank=sizes.rank, alpha=2 * sizes.rank, epochs=1, row_tokens=sizes.row_tokens, step_rows=sizes.step_rows,
        micro_rows=sizes.step_rows, evaluations=1, checkpoints=0, patience=0,
    )  # fmt: skip
    gpu = model.device.type == "cuda"
    accelerator = Accelerator(cpu=not gpu, mixed_precision="bf16" if gpu else "no")
    trainer = loop.Trainer(accelerator, adapt(model, settings), settings, items, items[:1], rate=sizes.rate, pad=0)
    places: list[int] = []
    collate = loop.collate

    def counted(rows: Any, pad: int) -> Any:
        batch = collate(rows, pad)
        places.append(batch["input_ids"].numel())
        return batch

    loop.collate = counted
    progress = state.Progress()
    try:
        with tempfile.TemporaryDirectory() as folder, timed(gpu) as took:
            trainer.run(state.Checkpoints(Path(folder), accelerator), lambda *_: None, progress)
    finally:
        loop.collate = collate
    return Took(progress.tokens, took.seconds, sum(places), progress.curve[-1]["loss"], took.peak_gib)


def plain_way(model: Any, items: Sequence[Any], sizes: Sizes) -> Took:
    """transformers' Trainer with PEFT: batches padded to their longest conversation, logits everywhere."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Trainer, TrainingArguments

    gpu = model.device.type == "cuda"
    real = sum(len(item.ids) for item in items)
    batch = max(1, round(sizes.row_tokens * sizes.step_rows * len(items) / real))
    config = LoraConfig(
        r=sizes.rank, lora_alpha=2 * sizes.rank, target_modules="all-linear", bias="none", task_type="CAUSAL_LM"
    )
    places: list[int] = []

    def collate(rows: Sequence[Any]) -> dict[str, Any]:
        width = max(len(row.ids) for row in rows)
        places.append(width * len(rows))

        def padded(values: Sequence[Sequence[int]], fill: int) -> Any:
            return torch.tensor([[*value, *[fill] * (width - len(value))] for value in values])

        return {
            "input_ids": padded([row.ids for row in rows], 0),
            "labels": padded([row.labels for row in rows], IGNORED),
            "attention_mask": padded([[1] * len(row.ids) for row in rows], 0),
        }

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = TrainingArguments(
            folder, num_train_epochs=1, per_device_train_batch_size=batch, learning_rate=sizes.rate, bf16=gpu,
            use_cpu=not gpu, report_to=[], save_strategy="no", logging_strategy="epoch", disable_tqdm=True,
            remove_unused_columns=False, seed=17,
        )  # fmt: skip
        trainer = Trainer(get_peft_model(model, config), arguments, train_dataset=list(items), data_collator=collate)
        with timed(gpu) as took:
            loss = trainer.train().training_loss
    return Took(real, took.seconds, sum(places), float(loss), took.peak_gib)


WAYS: dict[str, Callable[..., Took]] = {"project": project_way, "plain": plain_way}


@contextmanager
def timed(gpu: bool) -> Any:
    """Seconds: of the wall with a GPU, where this process only waits; of the processor without one."""
    import torch

    took = SimpleNamespace(seconds=0.0, peak_gib=0.0)
    clock = time.perf_counter if gpu else time.process_time
    if gpu:
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.synchronize()
    began = clock()
    yield took
    if gpu:
        torch.cuda.synchronize()
    took.seconds = clock() - began
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    took.peak_gib = (torch.cuda.max_memory_allocated() if gpu else kib * 1024) / 2**30
