"""The training loop: packed rows, one loss per answer token, on as many processes as are started."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from random import Random
from typing import TYPE_CHECKING, Any

from .encode import Encoded
from .errors import FinetuneError
from .model import token_losses, trainable
from .packing import chunks, collate, epoch
from .state import Checkpoints, Progress

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

    from .settings import Settings

Rows = Sequence[list[Encoded]]
#: Called after each update with step, loss per token, learning rate and tokens per second.
Observer = Callable[[int, float, float, float], None]


class Trainer:
    """Trains `model` on `train` and watches the loss on `validation`."""

    def __init__(
        self,
        accelerator: Accelerator,
        model: Any,
        settings: Settings,
        train: Sequence[Encoded],
        validation: Sequence[Encoded],
        *,
        rate: float,
        pad: int,
    ) -> None:
        import torch

        self.accelerator, self.settings, self.pad = accelerator, settings, pad
        self.highest_rate = rate
        if accelerator.state.deepspeed_plugin is not None:
            config = accelerator.state.deepspeed_plugin.deepspeed_config
            config["train_micro_batch_size_per_gpu"] = settings.micro_rows
            config["gradient_clipping"] = settings.max_grad_norm
        self.train, self.validation = train, validation
        self.steps_per_epoch = self._count_steps()
        self.steps = self.steps_per_epoch * settings.epochs
        optimizer = torch.optim.AdamW(
            list(trainable(model).values()),
            lr=rate,
            betas=(0.9, 0.99),
            weight_decay=settings.weight_decay,
        )
        self.head = model.get_output_embeddings()
        self.model, self.optimizer = accelerator.prepare(model, optimizer)

    def run(self, checkpoints: Checkpoints, observe: Observer, progress: Progress) -> Progress:
        """Train from where `progress` is until the last epoch, or until it stops getting better.

        Raises:
            FinetuneError: the loss is not a number any more.
        """
        every = max(1, self.steps // self.settings.evaluations)
        save = max(1, self.steps // self.settings.checkpoints) if self.settings.checkpoints else 0
        self.model.train()
        while progress.step < self.steps and not self._gave_up(progress):
            began = time.perf_counter()
            number, at = divmod(progress.step, self.steps_per_epoch)
            step_rows = self._rows(number)[at]
            rate = self.rate(progress.step)
            loss, tokens = self._update(step_rows, rate, progress.step)
            if not math.isfinite(loss):
                raise FinetuneError(
                    f"the loss is {loss} at step {progress.step + 1}; lower learning_rate (it was "
                    f"{self.highest_rate:g}) or raise warm_up in config/finetune.toml"
                )
            progress.step += 1
            spent = time.perf_counter() - began
            progress.seconds += spent
            progress.tokens += tokens
            progress.curve.append({"step": progress.step, "loss": loss, "rate": rate})
            observe(progress.step, loss, rate, tokens / spent)
            if progress.step % every == 0 or progress.step == self.steps:
                self._evaluate(checkpoints, progress)
            if save and progress.step % save == 0 and progress.step < self.steps:
                checkpoints.save(self.model, self.optimizer, progress)
        return progress

    def rate(self, step: int) -> float:
        """Learning rate of an update: up within the warm-up, then linearly to zero."""
        warm = max(1, round(self.settings.warm_up * self.steps))
        rising = (step + 1) / warm
        falling = (self.steps - step) / max(1, self.steps - warm)
        return self.highest_rate * min(1.0, rising, falling)

    def _rows(self, number: int) -> list[Rows]:
        """The steps of one epoch; the same on every process and after every restart."""
        if getattr(self, "_epoch", None) != number:
            rows = epoch(self.train, self.settings.row_tokens, self.settings.seed * 1000 + number)
            found = list(chunks(rows, self.settings.step_rows))
            # Packing may need one row more or less; the number of steps stays.
            self._steps = [found[i % len(found)] for i in range(self.steps_per_epoch)]
            self._epoch = number
        return self._steps

    def _count_steps(self) -> int:
        rows = epoch(self.train, self.settings.row_tokens, self.settings.seed * 1000)
        return math.ceil(len(rows) / self.settings.step_rows)

    def _update(self, rows: Rows, rate: float, step: int) -> tuple[float, int]:
        """One update; the loss per labelled token over all processes, and the real tokens."""
        import torch

        # Dropout depends on the step and the process only, so that a resumed run draws the same.
        drawn = Random(f"{self.settings.seed}/{step}/{self.accelerator.process_index}")  # noqa: S311
        torch.manual_seed(drawn.getrandbits(63))
        for group in self.optimizer.param_groups:  # before the passes: DeepSpeed steps in the last
            group["lr"] = rate
        learned = sum(item.learned for row in rows for item in row)
        tokens = sum(len(item.ids) for row in rows for item in row)
        processes = self.accelerator.num_processes
        mine = rows[self.accelerator.process_index :: processes]
        total = torch.zeros((), device=self.accelerator.device)
        # Every process makes as many passes as the busiest one: gradients are exchanged in them.
        passes = math.ceil(math.ceil(len(rows) / processes) / self.settings.micro_rows)
        parts = list(chunks(mine, self.settings.micro_rows))
        for number in range(passes):
            idle = number >= len(parts)
            part = parts[number] if not idle else [rows[0]]
            with self._exchange(last=number == passes - 1):
                loss = self._loss(part) * (0.0 if idle else 1.0)
                # The exchange averages over processes; the sum is what has to be divided.
                self.accelerator.backward(loss * processes / max(1, learned))
            total += loss.detach()
        self.accelerator.clip_grad_norm_(self.model.parameters(), self.settings.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return float(self.accelerator.reduce(total)) / max(1, learned), tokens

    def _exchange(self, *, last: bool) -> Any:
        """Gradients are exchanged, and DeepSpeed steps, in the last pass of an update only."""
        self.accelerator.sync_gradients = last
        return nullcontext() if last else self.accelerator.no_sync(self.model)

    def _loss(self, rows: Rows) -> torch.Tensor:
        batch = collate(rows, self.pad)
        on_device = {name: value.to(self.accelerator.device) for name, value in batch.items()}
        with self.accelerator.autocast():
            return token_losses(self.model, self.head, on_device)

    def _evaluate(self, checkpoints: Checkpoints, progress: Progress) -> None:
        loss = self.validation_loss()
        progress.evaluations.append((progress.step, loss))
        if loss < progress.best:
            progress.best, progress.stale = loss, 0
            checkpoints.save_best(self.model)
        else:
            progress.stale += 1

    def validation_loss(self) -> float:
        """Loss per labelled token on the validation rows; every process computes all of them."""
        import torch

        rows = epoch(self.validation, self.settings.row_tokens, 0)
        learned = sum(item.learned for item in self.validation)
        self.model.eval()
        with torch.no_grad():
            total = sum(float(self._loss(part)) for part in chunks(rows, self.settings.micro_rows))
        self.model.train()
        return total / max(1, learned)

    def _gave_up(self, progress: Progress) -> bool:
        return 0 < self.settings.patience <= progress.stale
