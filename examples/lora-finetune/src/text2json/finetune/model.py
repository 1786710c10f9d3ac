"""The model that is trained: adapters on a frozen base, or all weights; and its loss."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .encode import IGNORED
from .settings import Settings

if TYPE_CHECKING:
    import torch


def adapt(model: Any, settings: Settings) -> Any:
    """Put adapters on every linear layer but the output, or make all weights trainable."""
    import torch
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    if getattr(model, "is_loaded_in_4bit", False):
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    if settings.gradient_checkpointing:
        model.activation_checkpointing_enable()
        model.enable_input_require_grads()  # or nothing would flow back through frozen embeddings
    model.config.use_cache = False
    if settings.method == "full":
        return model
    torch.manual_seed(settings.seed)  # of the adapters' first values
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.targets,
        use_rslora=settings.rslora,
        use_dora=settings.dora,
        bias="none",
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():  # PEFT asks transformers by a name that will go
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
        return get_peft_model(model, config)


def trainable(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """The parameters that training changes, by name."""
    return {name: value for name, value in model.named_parameters() if value.requires_grad}


def token_losses(model: Any, head: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Sum of the cross-entropies of all labelled tokens, a float32 scalar.

    The output layer sees only the places that predict a labelled token: for a vocabulary of 128,000
    the logits of all the others would be the largest tensor of a step by far.

    Args:
        model: as accelerate wrapped it.
        head: its output layer.
        batch: what `collate` makes.
    """
    import torch

    targets = batch["labels"][:, 1:]
    learned = targets != IGNORED

    def pick(_: Any, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        return (inputs[0][:, :-1][learned].unsqueeze(0),)

    hook = head.register_forward_pre_hook(pick)
    try:
        output = model(
            input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False
        )
    finally:
        hook.remove()
    return torch.nn.functional.cross_entropy(
        output.logits[0].float(), targets[learned], reduction="sum"
    )
