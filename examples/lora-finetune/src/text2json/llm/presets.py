"""Open models that are known to work here, with settings to start from.

The hub id, the licence and whether it must be accepted are facts of the model. Rank, scaling and
learning rate follow "LoRA Without Regret" (Schulman et al., 2025): all linear layers, alpha 32, and
a rate about ten times that of full fine-tuning, lower for larger models.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """A model by a short name.

    Attributes:
        hub_id: repository on the hub; an instruction-tuned model, whose tokenizer has a template.
        licence: of the weights.
        gated: whether its licence has to be accepted on the hub first.
        parameters: in billions; in bf16 the weights need twice as many gigabytes.
        learning_rate: to start from, with rank 16.
        system_role: whether its chat template takes a system message; where it does not, the
            system text is put before the first message of the user.
    """

    hub_id: str
    licence: str
    gated: bool
    parameters: float
    learning_rate: float
    system_role: bool = True


PRESETS = {
    "smollm2-135m": Preset("HuggingFaceTB/SmolLM2-135M-Instruct", "Apache-2.0", False, 0.135, 5e-4),
    "smollm2-360m": Preset("HuggingFaceTB/SmolLM2-360M-Instruct", "Apache-2.0", False, 0.36, 5e-4),
    "smollm3-3b": Preset("HuggingFaceTB/SmolLM3-3B", "Apache-2.0", False, 3.1, 2e-4),
    "qwen3-0.6b": Preset("Qwen/Qwen3-0.6B", "Apache-2.0", False, 0.6, 4e-4),
    "qwen3-4b": Preset("Qwen/Qwen3-4B-Instruct-2507", "Apache-2.0", False, 4.0, 2e-4),
    "qwen3-8b": Preset("Qwen/Qwen3-8B", "Apache-2.0", False, 8.2, 2e-4),
    "llama-3.2-1b": Preset("meta-llama/Llama-3.2-1B-Instruct", "Llama 3.2", True, 1.24, 3e-4),
    "llama-3.2-3b": Preset("meta-llama/Llama-3.2-3B-Instruct", "Llama 3.2", True, 3.2, 2e-4),
    "llama-3.1-8b": Preset("meta-llama/Llama-3.1-8B-Instruct", "Llama 3.1", True, 8.0, 2e-4),
    "mistral-7b": Preset(
        "mistralai/Mistral-7B-Instruct-v0.3", "Apache-2.0", False, 7.2, 1e-4, system_role=False
    ),
}  # fmt: skip
