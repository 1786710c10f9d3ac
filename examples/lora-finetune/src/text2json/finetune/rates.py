"""The learning rate, where the settings name none.

For a model with a preset, the preset's, a tenth of it for all weights. For any other, the rule that
Thinking Machines fitted to fine-tuning runs of Llama and Qwen models ("LoRA Without Regret",
Schulman et al. 2025, and the cookbook of their service): the smaller the model, the higher the
rate, and ten times as high for LoRA as for all weights, whatever the rank.
"""

from __future__ import annotations

from typing import Any

from text2json.llm.settings import Settings as ModelSettings

from .settings import Settings

LORA_FACTOR = 10
_BASE, _WIDTH = 5e-5, 2000
_EXPONENTS = {"qwen": 0.0775}  # of the others: Llama's
_EXPONENT = 0.781


def choose(settings: Settings, configured: ModelSettings, config: Any) -> float:
    """The highest learning rate of a run.

    Args:
        settings: may name it.
        configured: may name a preset.
        config: of the model in transformers' form, for its type and width.
    """
    named = settings.learning_rate if settings.method == "lora" else settings.full_learning_rate
    if named is not None:
        return named
    preset = configured.preset
    lora = preset.learning_rate if preset is not None else fitted(config)
    return lora if settings.method == "lora" else lora / LORA_FACTOR


def fitted(config: Any) -> float:
    """The published rule for LoRA."""
    family = next((name for name in _EXPONENTS if config.model_type.startswith(name)), "")
    exponent = _EXPONENTS.get(family, _EXPONENT)
    rate: float = LORA_FACTOR * _BASE * (_WIDTH / config.hidden_size) ** exponent
    return rate
