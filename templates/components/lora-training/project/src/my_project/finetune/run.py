"""Fine-tunes the configured model on the rows: the story from data to a version."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from my_project.llm import adapters
from my_project.llm.load import folder_hash, load_model, load_tokenizer, pick_device
from my_project.llm.settings import ADAPTERS
from my_project.llm.settings import Settings as ModelSettings
from my_project.llm.settings import load_settings as model_settings
from my_project.sft.rows import data_hash, read

from . import record
from .encode import encode
from .loop import Trainer
from .model import adapt, trainable
from .settings import Settings
from .state import Checkpoints, put

FULL = Path("models/full")
RUNS = Path("data/runs")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """A version that training made, or found made already."""

    version: str
    folder: Path
    card: dict[str, Any]
    resumed_at: int = 0


def finetune(settings: Settings, data: Path, say: Say, *, root: Path = Path()) -> Result:
    """Train, or go on with what was interrupted, and write the version.

    Args:
        settings: how.
        data: folder with the three splits.
        say: gets lines of progress, on the main process only.
        root: of the project; versions, runs and the tracking store are below it.

    Raises:
        FinetuneError: a row does not fit, or the state cannot be read.
        ModelError: the base model cannot be loaded.
        DataError: the rows cannot be read.
    """
    from accelerate import Accelerator
    from accelerate.utils import set_seed

    configured = model_settings()
    base = configured.model
    base_hash = folder_hash(Path(base)) if Path(base).is_dir() else f"{base}@{configured.revision}"
    rows_hash = data_hash(data)
    version = settings.version(base_hash, rows_hash)
    folder = root / (ADAPTERS if settings.method == "lora" else FULL) / version
    known = adapters(folder.parent)
    if version in known.versions():
        return Result(version, folder, known.card(version))
    device = pick_device(configured.device)
    accelerator = Accelerator(
        cpu=device.type == "cpu", mixed_precision="bf16" if device.type == "cuda" else "no"
    )
    set_seed(settings.seed)
    trainer = _trainer(accelerator, settings, configured, data)
    checkpoints = Checkpoints(root / RUNS / version, accelerator)
    progress = checkpoints.load(trainer.model, trainer.optimizer)
    resumed_at = progress.step
    tracking = None
    if accelerator.is_main_process:
        tracking = _tracking(root)
        progress.run = progress.run or record.start_run(tracking, settings, version)
        say(_opening(version, trainer, resumed_at))
    speak = say if accelerator.is_main_process else _silent
    trainer.run(checkpoints, _observer(speak, trainer.steps), progress)
    card: dict[str, Any] = {}
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        plain = accelerator.unwrap_model(trainer.model)
        put(plain, checkpoints.best())
        plain.save_pretrained(folder)
        if settings.method == "full":
            load_tokenizer(base, configured).save_pretrained(folder)
        card = record.write_card(
            folder,
            settings,
            progress,
            base={"name": base.rsplit("/", 1)[-1], "path": base, "sha256": base_hash},
            data_sha256=rows_hash,
            parameters=_parameters(plain),
            root=root,
        )
        if tracking is not None and progress.run is not None:
            record.end_run(tracking, progress.run, card, folder)
        checkpoints.clear()
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return Result(version, folder, card or known.card(version), resumed_at)


def _trainer(
    accelerator: Any, settings: Settings, configured: ModelSettings, data: Path
) -> Trainer:
    preset = configured.preset
    tokenizer = load_tokenizer(configured.model, configured)
    splits = [
        encode(
            tokenizer,
            read(data / f"{split}.jsonl"),
            settings.row_tokens,
            system_role=preset is None or preset.system_role,
        )
        for split in ("train", "validation")
    ]
    model = load_model(configured.model, configured, accelerator.device, configured.dtype)
    pad = tokenizer.pad_token_id
    return Trainer(
        accelerator,
        adapt(model, settings),
        settings,
        *splits,
        pad=pad if isinstance(pad, int) else 0,
    )


def _tracking(root: Path) -> Any:
    from my_project.tracking import connect

    return connect(root)


def _parameters(model: Any) -> dict[str, int]:
    return {
        "trained_parameters": sum(value.numel() for value in trainable(model).values()),
        "parameters": sum(value.numel() for value in model.parameters()),
    }


def _opening(version: str, trainer: Trainer, resumed_at: int) -> str:
    trained = sum(value.numel() for value in trainable(trainer.model).values())
    where = f", going on at step {resumed_at}" if resumed_at else ""
    return (
        f"{version}: {len(trainer.train):,} rows, {trainer.steps} steps, {trained:,} trained "
        f"parameters, {trainer.accelerator.num_processes} process(es){where}"
    )


def _observer(say: Say, steps: int) -> Callable[[int, float, float, float], None]:
    every = max(1, steps // int(os.environ.get("APP_PROGRESS_LINES", "10")))

    def observe(step: int, loss: float, rate: float, speed: float) -> None:
        if step % every == 0 or step == steps:
            say(f"step {step}/{steps}  loss {loss:.4f}  rate {rate:.2e}  {speed:,.0f} tokens/s")

    return observe


def _silent(line: str) -> None:
    del line
