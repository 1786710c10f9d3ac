"""Fine-tunes the configured model on the rows: the story from data to a version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2json.llm import adapters
from text2json.llm.load import (
    folder_hash,
    load_model,
    load_tokenizer,
    pick_device,
    pick_dtype,
)
from text2json.llm.settings import ADAPTERS
from text2json.llm.settings import Settings as ModelSettings
from text2json.llm.settings import load_settings as model_settings
from text2json.sft.rows import Row, data_hash, read
from text2json.tracking import connect

from . import rates, record
from .encode import encode
from .loop import Trainer
from .model import adapt, trainable
from .replay import digest, replayed
from .settings import Settings
from .state import Checkpoints, Progress

_BYTES_BF16 = 2
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
        FinetuneError: a row does not fit, the loss diverges, or the state cannot be read.
        ModelError: the base model cannot be loaded.
        DataError: the rows cannot be read.
        TrackingError: the tracking store cannot be used.
    """
    from accelerate import Accelerator
    from accelerate.utils import set_seed

    inputs = _Inputs.of(settings, data, root)
    known = adapters(inputs.folder.parent)
    if inputs.version in known.versions():
        return Result(inputs.version, inputs.folder, known.card(inputs.version))
    device = pick_device(inputs.configured.device)
    accelerator = Accelerator(
        cpu=device.type == "cpu",
        mixed_precision="bf16" if pick_dtype("auto", device).itemsize == _BYTES_BF16 else "no",
    )
    set_seed(settings.seed)
    record.forget_peak_memory()
    trainer = _trainer(accelerator, inputs, data)
    checkpoints = Checkpoints(root / RUNS / inputs.version, accelerator)
    progress = checkpoints.load(trainer.model, trainer.optimizer)
    resumed_at = progress.step
    tracking = None
    speak = say if accelerator.is_main_process else _silent
    if accelerator.is_main_process:
        tracking = connect(root)
        progress.run = progress.run or record.start_run(tracking, settings, inputs.version)
    speak(_opening(inputs, trainer, resumed_at))
    trainer.run(checkpoints, _observer(speak, trainer.steps), progress)
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        card = _write(inputs, trainer, checkpoints, progress)
        if tracking is not None and progress.run is not None:
            record.end_run(tracking, progress.run, card, inputs.folder)
        checkpoints.clear()
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return Result(inputs.version, inputs.folder, known.card(inputs.version), resumed_at)


@dataclass(frozen=True)
class _Inputs:
    """Everything that decides what comes out, and where it goes."""

    settings: Settings
    configured: ModelSettings
    base_sha256: str
    data_sha256: str
    replay: list[Row]
    version: str
    folder: Path
    root: Path

    @classmethod
    def of(cls, settings: Settings, data: Path, root: Path) -> _Inputs:
        configured = model_settings()
        place = Path(configured.model)
        base = folder_hash(place) if place.is_dir() else f"{place}@{configured.revision}"
        rows = data_hash(data)
        replay = replayed(settings, len(read(data / "train.jsonl")))
        how = configured.model_dump_json(include={"dtype", "quantise", "chat_template"})
        version = settings.version(f"{base}/{how}", rows + digest(replay))
        folder = root / (ADAPTERS if settings.method == "lora" else FULL) / version
        return cls(settings, configured, base, rows, replay, version, folder, root)


def _write(
    inputs: _Inputs, trainer: Trainer, checkpoints: Checkpoints, progress: Progress
) -> dict[str, Any]:
    """Write the best weights and the card of a version."""
    plain = trainer.accelerator.unwrap_model(trainer.model)
    plain.save_pretrained(inputs.folder, state_dict=checkpoints.best())
    base = inputs.configured.model
    if inputs.settings.method == "full":
        load_tokenizer(base, inputs.configured).save_pretrained(inputs.folder)
    return record.write_card(
        inputs.folder,
        inputs.settings,
        progress,
        base={"name": base.rsplit("/", 1)[-1], "path": base, "sha256": inputs.base_sha256},
        data_sha256=inputs.data_sha256,
        counts=_parameters(plain) | {"replayed_rows": len(inputs.replay)},
        rate=trainer.highest_rate,
        root=inputs.root,
    )


def _trainer(accelerator: Any, inputs: _Inputs, data: Path) -> Trainer:
    settings, configured = inputs.settings, inputs.configured
    preset = configured.preset
    tokenizer = load_tokenizer(configured.model, configured)
    splits = [
        encode(
            tokenizer,
            read(data / f"{split}.jsonl") + added,
            settings.row_tokens,
            system_role=preset is None or preset.system_role,
        )
        for split, added in (("train", inputs.replay), ("validation", []))
    ]
    # All weights are trained in float32 (autocast computes in bfloat16): small updates would be lost.
    dtype = (
        "float32" if settings.method == "full" and configured.dtype == "auto" else configured.dtype
    )
    model = load_model(configured.model, configured, accelerator.device, dtype)
    pad = tokenizer.pad_token_id
    return Trainer(
        accelerator,
        adapt(model, settings),
        settings,
        *splits,
        rate=rates.choose(settings, configured, model.config),
        pad=pad if isinstance(pad, int) else 0,
    )


def _parameters(model: Any) -> dict[str, int]:
    return {
        "trained_parameters": sum(value.numel() for value in trainable(model).values()),
        "parameters": sum(value.numel() for value in model.parameters()),
    }


def _opening(inputs: _Inputs, trainer: Trainer, resumed_at: int) -> str:
    trained = sum(value.numel() for value in trainable(trainer.model).values())
    where = f", going on at step {resumed_at}" if resumed_at else ""
    return (
        f"{inputs.version}: {len(trainer.train):,} rows, {len(inputs.replay):,} of them replayed, "
        f"{trainer.steps} steps, {trained:,} trained parameters, highest rate {trainer.highest_rate:.1e}, "
        f"{trainer.accelerator.num_processes} process(es){where}"
    )


def _observer(say: Say, steps: int) -> Callable[[int, float, float, float], None]:
    every = max(1, steps // 10)

    def observe(step: int, loss: float, rate: float, speed: float) -> None:
        if step % every == 0 or step == steps:
            say(f"step {step}/{steps}  loss {loss:.4f}  rate {rate:.2e}  {speed:,.0f} tokens/s")

    return observe


def _silent(line: str) -> None:
    del line
