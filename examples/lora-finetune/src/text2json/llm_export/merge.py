"""An adapter and its base as one model in Hugging Face's format (safetensors)."""

from __future__ import annotations

import json
from pathlib import Path

from text2json.llm import ModelError, load

LARGEST_DIFFERENCE = 1e-3


def merge(adapter: str, target: Path, base: str | None = None) -> float:
    """Write the merged model to `target`, and read it back.

    Returns:
        The largest difference between logits of the files and of base plus adapter, on one prompt.

    Raises:
        ModelError: `target` is taken, there is nothing to merge, or the files are not the model.
    """
    if target.exists():
        raise ModelError(f"{target} exists; choose another folder or remove it")
    apart = load(base, adapter, device="cpu", dtype="float32")
    together = load(base, adapter, device="cpu", dtype="float32", merge=True)
    together.model.save_pretrained(target)
    together.tokenizer.save_pretrained(target)
    difference = _difference(apart.model, load(target, device="cpu", dtype="float32").model)
    if difference > LARGEST_DIFFERENCE:
        raise ModelError(f"{target}: logits differ by {difference:.2g} from base plus adapter")
    card = {"merged": apart.name, "largest_logit_difference": difference}
    (target / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return difference


def _difference(one: object, other: object) -> float:
    import torch

    size = one.config.vocab_size  # type: ignore[attr-defined]
    tokens = torch.randint(size, (1, 16), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        first, second = (model(input_ids=tokens).logits for model in (one, other))  # type: ignore[operator]
    return float((first - second).abs().max())
