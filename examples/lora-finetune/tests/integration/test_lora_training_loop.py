"""The loop: the same curve after a kill, with other micro-batches, and on two processes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from plugins.lora_training import MakeTrainer

from text2json.finetune import FinetuneError, loop
from text2json.finetune.loop import Trainer
from text2json.finetune.model import trainable
from text2json.finetune.state import Checkpoints, Progress


class Killed(BaseException):
    """What a kill looks like from inside."""


def train(trainer: Trainer, folder: Path, until: float = math.inf) -> Progress:
    """Go on from what is in `folder`; killed after the update `until`."""

    def observe(step: int, *_: float) -> None:
        if step >= until:
            raise Killed

    checkpoints = Checkpoints(folder, trainer.accelerator)
    progress = checkpoints.load(trainer.model, trainer.optimizer)
    return trainer.run(checkpoints, observe, progress)


def losses(progress: Progress) -> list[float]:
    return [point["loss"] for point in progress.curve]


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in trainable(trainer.model).items()}


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_killed_run_ends_as_one_that_was_not(
    make_trainer: MakeTrainer, tmp_path: Path, method: str
) -> None:
    whole = make_trainer(method=method)
    expected = train(whole, tmp_path / "whole")
    for until in (2, 3):
        with pytest.raises(Killed):
            train(make_trainer(method=method), tmp_path / "killed", until)
        # A kill in the middle of writing leaves this behind.
        (tmp_path / "killed/step-0000009.partial").mkdir(parents=True, exist_ok=True)
    last = make_trainer(method=method)
    resumed = train(last, tmp_path / "killed")
    assert resumed.curve == expected.curve
    assert resumed.evaluations == expected.evaluations
    assert resumed.tokens == expected.tokens
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(last)[name]), name


def test_training_lowers_the_loss_and_seeds_differ(
    make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    one, again, other = (
        train(make_trainer(seed=seed), tmp_path / name)
        for seed, name in ((1, "one"), (1, "again"), (2, "other"))
    )
    assert losses(one) == losses(again)
    assert losses(one) != losses(other)
    assert one.evaluations[-1][1] < one.evaluations[0][1]


def test_micro_batches_do_not_change_the_curve(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    large, small = (
        losses(train(make_trainer(dropout=0.0, micro_rows=rows), tmp_path / str(rows)))
        for rows in (4, 1)
    )
    assert large == pytest.approx(small, rel=1e-4)


def test_training_ends_when_it_gets_no_better_and_keeps_the_best(
    make_trainer: MakeTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make_trainer(epochs=20, evaluations=1000, patience=2)
    told = iter([3.0, 2.0, 2.5, 2.2, 1.0])
    kept: list[dict[str, torch.Tensor]] = []

    def scripted() -> float:
        kept.append(weights(trainer))
        return next(told)

    monkeypatch.setattr(trainer, "validation_loss", scripted)
    progress = train(trainer, tmp_path)
    assert progress.evaluations == [(1, 3.0), (2, 2.0), (3, 2.5), (4, 2.2)]
    assert (progress.best, progress.step) == (2.0, 4)
    best = Checkpoints(tmp_path, trainer.accelerator).best()
    assert all(torch.equal(best[name], value) for name, value in kept[1].items())


def test_a_loss_that_is_no_number_is_explained(
    make_trainer: MakeTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(model: Any, *_: Any) -> torch.Tensor:
        return next(iter(trainable(model).values())).sum() * math.nan

    monkeypatch.setattr(loop, "token_losses", broken)
    with pytest.raises(FinetuneError, match="the loss is nan at step 1; lower learning_rate"):
        train(make_trainer(), tmp_path)


def test_a_state_that_cannot_be_read_is_named(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    (tmp_path / "step-0000001").mkdir()
    (tmp_path / "step-0000001/state.json").write_text("{")
    with pytest.raises(FinetuneError, match="delete it to start again"):
        train(make_trainer(), tmp_path)


def test_the_rate_rises_then_falls_to_zero(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(epochs=10, warm_up=0.2)
    rates = [trainer.rate(step) for step in range(trainer.steps + 1)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(trainer.highest_rate)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == 0


def _divide_weights() -> None:
    """Make accelerate use FSDP, which it does of itself only where there are GPUs."""
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState, PartialState
    from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

    Accelerator(cpu=True)
    for state in (AcceleratorState, PartialState):
        state._shared_state["distributed_type"] = DistributedType.FSDP
    AcceleratorState._shared_state["fsdp_plugin"] = FullyShardedDataParallelPlugin(
        fsdp_version=2, auto_wrap_policy="transformer_based_wrap"
    )


def _one_of_two(make_trainer: MakeTrainer, folder: Path, divided: bool) -> None:
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    if divided:
        _divide_weights()
    with pytest.raises(Killed):
        train(make_trainer(dropout=0.0, micro_rows=1), folder, until=2)
    trainer = make_trainer(dropout=0.0, micro_rows=1)
    assert trainer.accelerator.num_processes == 2
    assert Checkpoints(folder, trainer.accelerator).sharded == divided
    progress = train(trainer, folder)
    text = " ".join(f"{loss:.9f}" for loss in losses(progress))
    (folder / f"{trainer.accelerator.process_index}.txt").write_text(text)


@pytest.mark.parametrize("divided", [False, True], ids=["copies", "fsdp"])
def test_two_processes_that_are_killed_have_the_curve_and_weights_of_one(
    make_trainer: MakeTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, divided: bool
) -> None:
    from accelerate import debug_launcher

    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # accelerate warns where it has to choose
    one = make_trainer(dropout=0.0)
    alone = losses(train(one, tmp_path / "alone"))
    both = tmp_path / "both"
    both.mkdir()
    debug_launcher(_one_of_two, (make_trainer, both, divided), num_processes=2)
    for process in range(2):
        found = [float(loss) for loss in (both / f"{process}.txt").read_text().split()]
        assert found == pytest.approx(alone, rel=1e-4)
    best = Checkpoints(both, one.accelerator).best()
    expected = Checkpoints(tmp_path / "alone", one.accelerator).best()
    assert best.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(best[name], value, atol=1e-4, rtol=1e-3)
