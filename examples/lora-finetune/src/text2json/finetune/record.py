"""A finished run: its files, its card, and what the tracking store keeps of it."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from text2json.tracking import Tracking, commit

from .settings import Settings
from .state import Progress

_KIB = 1024
_FORGET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def forget_peak_memory() -> None:
    """Let `peak_memory_mib` say what was needed from now on, where the system can do that."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    elif _FORGET.exists():
        _FORGET.write_text("5", encoding="ascii")  # see proc_pid_clear_refs(5)


def peak_memory_mib() -> float:
    """Most memory in use: of the GPU where there is one, else of this whole process."""
    import torch

    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / _KIB**2
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if "VmHWM" in line)
        return int(line.split()[1]) / _KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB**2  # macOS: bytes


def write_card(
    folder: Path,
    settings: Settings,
    progress: Progress,
    *,
    base: Mapping[str, str],
    data_sha256: str,
    counts: Mapping[str, int],
    rate: float,
    root: Path = Path(),
) -> dict[str, Any]:
    """Write `card.json`, the last file of a version: base, data, settings, measured numbers."""
    size = sum(path.stat().st_size for path in folder.iterdir() if path.suffix == ".safetensors")
    card = {
        "version": folder.name,
        "method": "dora" if settings.method == "lora" and settings.dora else settings.method,
        "base": dict(base),
        "data_sha256": data_sha256,
        "commit": commit(root),
        "seed": settings.seed,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "training": settings.model_dump(mode="json") | {"rate": rate},
        "metrics": {
            "validation_loss": progress.best,
            "steps": progress.step,
            "tokens": progress.tokens,
            "seconds": round(progress.seconds, 1),
            "tokens_per_second": round(progress.tokens / max(progress.seconds, 1e-9)),
            "peak_memory_mib": round(peak_memory_mib()),
            "weights_mib": round(size / _KIB**2, 3),
            **counts,
        },
        "curve": progress.curve,
        "evaluations": progress.evaluations,
    }
    text = json.dumps(card, indent=2, allow_nan=False) + "\n"
    (folder / "card.json").write_text(text, encoding="utf-8")
    return card


def start_run(tracking: Tracking, settings: Settings, version: str) -> str:
    """Open a run in the tracking store and say its id."""
    from mlflow.entities import Param

    run = tracking.client.create_run(tracking.experiment(), run_name=version)
    params = [Param(key, str(value)) for key, value in settings.model_dump().items()]
    tracking.client.log_batch(run.info.run_id, params=params)
    return str(run.info.run_id)


def end_run(tracking: Tracking, run: str, card: Mapping[str, Any], folder: Path) -> None:
    """Log the whole curve, the numbers and the weights, and close the run."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    metrics = [Metric(key, float(value), now, 0) for key, value in card["metrics"].items()]
    for point in card["curve"]:
        step = int(point["step"])
        metrics += [
            Metric("loss", point["loss"], now, step),
            Metric("learning_rate", point["rate"], now, step),
        ]
    metrics += [Metric("evaluation_loss", loss, now, step) for step, loss in card["evaluations"]]
    batch = 1000  # the most that the store takes at once
    for start in range(0, len(metrics), batch):
        tracking.client.log_batch(run, metrics=metrics[start : start + batch])
    tracking.client.log_artifacts(run, str(folder), "adapter")
    tracking.client.set_terminated(run)
