"""Loads a base model, with an adapter on it or without, from a folder or the hub."""

from __future__ import annotations

import hashlib
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .adapters import ALIASES, adapters
from .errors import ModelError
from .settings import Settings, load_settings, preset

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# While a model is made, its weights are on a device that transformers sets for the whole process.
LOADING = threading.Lock()


@dataclass(frozen=True)
class Loaded:
    """A model in memory, ready to generate.

    Attributes:
        model: in evaluation mode, on `device`; a `PeftModel` where an adapter was not merged.
        tokenizer: with a chat template; pads on the left.
        name: of the base, and of the adapter after a plus sign.
        system_role: whether the chat template takes system messages.
    """

    model: Any
    tokenizer: PreTrainedTokenizerBase
    name: str
    device: torch.device
    system_role: bool = True


def load(
    base: str | Path | None = None,
    adapter: str | Path | None = None,
    *,
    device: str | None = None,
    dtype: str | None = None,
    merge: bool = False,
) -> Loaded:
    """Load the model that is configured, or `base`, and put `adapter` on it.

    Args:
        base: a folder, a preset or an id on the hub; by default what `config/model.toml` says.
        adapter: an alias, a version, or a folder in PEFT's format.
        device: `cpu`, `cuda`, `mps`; `auto` takes the fastest that is there.
        dtype: `float32`, `bfloat16`, `float16`; `auto` is bfloat16 on GPUs that have it.
        merge: add the adapter to the weights, so that it costs nothing when generating.

    Raises:
        ModelError: it is not there, gated, cannot be reached, or does not fit the adapter.
    """
    settings = load_settings()
    where = str(base) if base is not None else settings.model
    device_found = pick_device(device or settings.device)
    model = load_model(where, settings, device_found, dtype or settings.dtype)
    tokenizer = load_tokenizer(where, settings)
    name = where.rstrip("/").rsplit("/", 1)[-1]
    if adapter is not None:
        folder = adapter_folder(adapter)
        model = _with_adapter(model, folder, merge=merge)
        name = f"{name}+{folder.name}"
    known = preset(where)
    return Loaded(model.eval(), tokenizer, name, device_found, known is None or known.system_role)


def adapter_folder(adapter: str | Path) -> Path:
    """Folder of an alias, a version or a path."""
    path = Path(adapter)
    if str(adapter) not in ALIASES and (path / "adapter_config.json").is_file():
        return path
    return adapters().resolve(str(adapter))


def pick_device(name: str) -> torch.device:
    """The named device; for `auto` the fastest that is there."""
    torch = _torch()
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def pick_dtype(name: str, device: torch.device) -> torch.dtype:
    """The named type; for `auto` bfloat16 on GPUs that compute in it, else float32."""
    torch = _torch()
    if name != "auto":
        return getattr(torch, name)
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def load_model(
    where: str, settings: Settings, device: torch.device, dtype: str = "auto"
) -> PreTrainedModel:
    """The base model alone, in 4 bits if the settings say so."""
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    options: dict[str, Any] = {"dtype": pick_dtype(dtype, device)}
    if settings.quantise:
        options |= {"quantization_config": _four_bits(), "device_map": {"": device}}
    source, revision = _source(where, settings)
    with LOADING, _Explained(where):
        model = AutoModelForCausalLM.from_pretrained(source, revision=revision, **options)
    return model if settings.quantise else model.to(device)


def load_tokenizer(where: str, settings: Settings) -> PreTrainedTokenizerBase:
    """The tokenizer of a model; a chat template is required.

    Raises:
        ModelError: there is none, and none is configured.
    """
    from transformers import AutoTokenizer

    source, revision = _source(where, settings)
    with _Explained(where):
        tokenizer = AutoTokenizer.from_pretrained(source, revision=revision)
    if settings.chat_template is not None:
        tokenizer.chat_template = settings.chat_template.read_text(encoding="utf-8")
    if not tokenizer.chat_template:
        raise ModelError(
            f"{where}: the tokenizer has no chat template. Use the instruction-tuned model, or name "
            "a template by chat_template in config/model.toml (config/chat_templates/chatml.jinja)"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return tokenizer


def folder_hash(folder: Path) -> str:
    """SHA-256 over the weights and the tokenizer of a model in a folder."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.safetensors"), *folder.glob("tokenizer.json")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ModelError(
            "PyTorch is not installed: `make setup` installs it for the CPU, "
            "`make setup TORCH=cuda` for NVIDIA GPUs"
        ) from error
    return torch


def _source(where: str, settings: Settings) -> tuple[str, str | None]:
    """What transformers loads from, and the commit on the hub."""
    known = preset(where)
    if known is not None:
        return known.hub_id, settings.revision
    path = Path(where)
    if path.is_dir() and (path / "config.json").is_file():
        return where, None
    if where.startswith(("models/", "/", "./", "../", "~")):
        hint = "`make base` makes it" if where.startswith("models/base/") else "check the path"
        raise ModelError(f"{where}: no model is there; {hint}")
    return where, settings.revision


def _four_bits() -> Any:
    try:
        import bitsandbytes  # noqa: F401 (only whether it is there)
    except ImportError as error:
        raise ModelError(
            "quantise in config/model.toml (QLoRA) needs bitsandbytes: `make setup TORCH=cuda`; "
            "to try it on a CPU, `uv pip install bitsandbytes`"
        ) from error
    from transformers import BitsAndBytesConfig

    # Dettmers et al. 2023: normal-float 4, the constants quantised too, computing in bfloat16.
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=_torch().bfloat16,
    )


def _with_adapter(model: PreTrainedModel, folder: Path, *, merge: bool) -> Any:
    from peft import PeftModel

    try:
        with LOADING, warnings.catch_warnings():  # PEFT asks transformers by a name that will go
            warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
            adapted = PeftModel.from_pretrained(model, str(folder))
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise ModelError(f"{folder}: does not fit the base model: {error}") from error
    return adapted.merge_and_unload() if merge else adapted


class _Explained:
    """Turns what the hub's client raises into what a person can do about it."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, OSError | ValueError):
            return
        text = " ".join(str(error).split())
        known = preset(self.where)
        hub_id = known.hub_id if known else self.where
        chain = {type(found).__name__ for found in _causes(error)}
        if "GatedRepoError" in chain or "gated repo" in text:
            raise ModelError(
                f"{hub_id} is gated. Accept its licence on https://huggingface.co/{hub_id}, make a "
                "read token on https://huggingface.co/settings/tokens and set HF_TOKEN (.env)"
            ) from error
        if "RepositoryNotFoundError" in chain or "not a valid model identifier" in text:
            raise ModelError(
                f"{self.where}: neither a folder, nor a preset, nor a model on the hub "
                "(a private one needs HF_TOKEN)"
            ) from error
        if "couldn't connect" in text or "Can't load" in text or "offline" in text.lower():
            raise ModelError(
                f"{hub_id}: the hub cannot be reached and nothing is cached. Download it where there "
                f"is a network (`hf download {hub_id} --local-dir models/base/mine`) and name the "
                "folder in config/model.toml; the small model of `make base` needs no hub"
            ) from error
        raise ModelError(f"{self.where}: {text}") from error


def _causes(error: BaseException | None) -> list[BaseException]:
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
