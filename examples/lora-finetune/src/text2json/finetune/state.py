"""What a run needs to go on after it was killed, written so that a kill never leaves half of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import FinetuneError

if TYPE_CHECKING:
    from accelerate import Accelerator

_STATE = "state.json"
_WHOLE = "accelerate"


@dataclass
class Progress:
    """Where a run is.

    Attributes:
        step: updates made.
        curve: of each of them: step, loss per token, learning rate.
        evaluations: step and validation loss, in order.
        best: lowest validation loss.
        stale: evaluations since then.
        seconds: spent training, over all parts of an interrupted run.
        tokens: real ones that were trained on, no padding.
        run: of the tracking store, so that a resumed run is the same one.
    """

    step: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)
    evaluations: list[tuple[int, float]] = field(default_factory=list)
    best: float = float("inf")
    stale: int = 0
    seconds: float = 0.0
    tokens: int = 0
    run: str | None = None


class Checkpoints:
    """The newest state and the best weights of a run, in a folder."""

    def __init__(self, folder: Path, accelerator: Accelerator) -> None:
        self.folder = folder
        self.accelerator = accelerator

    @property
    def sharded(self) -> bool:
        """Whether each process has a part of the weights, which accelerate then saves."""
        from accelerate.utils import DistributedType

        kinds = {DistributedType.FSDP, DistributedType.DEEPSPEED}
        return self.accelerator.distributed_type in kinds

    def save(self, model: Any, optimizer: Any, progress: Progress) -> None:
        """Write the state of this step beside the last one, then drop the last one."""
        folder = self.folder / f"step-{progress.step:07}"
        partial = folder.with_suffix(".partial")
        if self.accelerator.is_main_process:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
        self.accelerator.wait_for_everyone()
        if self.sharded:
            self.accelerator.save_state(str(partial / _WHOLE))
        elif self.accelerator.is_main_process:
            _save_own(partial, self.accelerator.unwrap_model(model), optimizer)
        self.accelerator.wait_for_everyone()
        if self.accelerator.is_main_process:
            (partial / _STATE).write_text(json.dumps(asdict(progress)), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
            for old in self._found():
                if old != folder:
                    shutil.rmtree(old)
        self.accelerator.wait_for_everyone()

    def load(self, model: Any, optimizer: Any) -> Progress:
        """Put the newest state into model and optimizer; a new run starts at step 0.

        Raises:
            FinetuneError: the state cannot be read.
        """
        found = self._found()
        if not found:
            return Progress()
        folder = found[-1]
        try:
            values = json.loads((folder / _STATE).read_text(encoding="utf-8"))
            if self.sharded:
                self.accelerator.load_state(str(folder / _WHOLE))
            else:
                _load_own(folder, self.accelerator.unwrap_model(model), optimizer)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise FinetuneError(f"{folder}: {error}; delete it to start again") from error
        progress = Progress(**values)
        progress.evaluations = [(int(step), float(loss)) for step, loss in progress.evaluations]
        return progress

    def save_best(self, model: Any) -> None:
        """Keep the weights as they are now."""
        state = self.accelerator.get_state_dict(model)
        if self.accelerator.is_main_process:
            from safetensors.torch import save_file

            from .model import trainable

            names = trainable(self.accelerator.unwrap_model(model)).keys()
            chosen = {name: state[name].detach().cpu().clone() for name in names}
            self.folder.mkdir(parents=True, exist_ok=True)
            save_file(chosen, self.folder / "best.tmp")
            (self.folder / "best.tmp").replace(self.folder / "best.safetensors")

    def best(self) -> dict[str, Any]:
        """The weights that were kept, by name."""
        from safetensors.torch import load_file

        weights: dict[str, Any] = load_file(self.folder / "best.safetensors")
        return weights

    def clear(self) -> None:
        """Delete everything: the run is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _found(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("step-*") if path.suffix != ".partial")


def _save_own(folder: Path, model: Any, optimizer: Any) -> None:
    import torch
    from safetensors.torch import save_file

    from .model import trainable

    weights = {name: value.detach().cpu() for name, value in trainable(model).items()}
    save_file(weights, folder / "weights.safetensors")
    # Tensors and numbers only, so that it is read back without unpickling objects.
    torch.save(optimizer.state_dict(), folder / "optimizer.pt")


def _load_own(folder: Path, model: Any, optimizer: Any) -> None:
    import torch
    from safetensors.torch import load_file

    _, unexpected = model.load_state_dict(load_file(folder / "weights.safetensors"), strict=False)
    if unexpected:
        raise KeyError(f"parameters {unexpected[:3]} are not in this model")
    state = torch.load(folder / "optimizer.pt", map_location="cpu", weights_only=True)
    optimizer.load_state_dict(state)
