"""The model card of the champion adapter, from what was measured."""

from __future__ import annotations

import json
from pathlib import Path

from text2json.llm.settings import ADAPTERS

from .compare import FEW, LORA, ZERO, Comparison
from .statistics import share


def write_card(found: Comparison, root: Path = Path()) -> Path:
    """Write `README.md` beside the adapter, and its scores into `card.json`."""
    card = found.cards[LORA]
    folder = root / ADAPTERS / str(card["version"])
    scores = {name: share(said.correct) for name, said in found.variants.items()}
    measured = {
        "exact_match": scores[LORA].mean,
        "exact_match_base": scores[ZERO].mean,
        "exact_match_few_shot": scores[FEW].mean,
        "validity": sum(found.variants[LORA].valid) / len(found.test),
        "general": sum(found.general[LORA]) / len(found.general[LORA]),
        "general_base": sum(found.general[ZERO]) / len(found.general[ZERO]),
    }
    path = folder / "card.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored["metrics"] |= measured
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(stored, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    temporary.replace(path)
    text = _text(
        found, {name: f"{s.mean:.3f} ({s.low:.3f} to {s.high:.3f})" for name, s in scores.items()}
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    return folder / "README.md"


def _text(found: Comparison, scores: dict[str, str]) -> str:
    card = found.cards[LORA]
    training, metrics = card["training"], card["metrics"]
    base = card["base"]
    rows = "\n".join(f"| {name} | {score} |" for name, score in scores.items())
    general = found.general
    return f"""---
base_model: {base["name"]}
library_name: peft
pipeline_tag: text-generation
tags: [{card["method"]}]
---
# {card["version"]}

An adapter ({card["method"]}, rank {training["rank"]}, alpha {training["alpha"]:g}, all linear layers) for
`{base["name"]}` (SHA-256 `{base["sha256"][:16]}`), trained on {len(found.splits["train"]):,} conversations
(SHA-256 `{card["data_sha256"][:16]}`) and {metrics["replayed_rows"]:,} general examples, with seed {card["seed"]},
at commit `{card["commit"]}`.

## Meant for

Turning a message to the warehouse desk into one call in the house's schema. It is not meant for
conversation, for other schemas, or for acting on a call that nobody checks.

## Measured

Exact match of the parsed answer on {len(found.test)} held-out rows, with 95 % intervals (Wilson):

| variant | exact match |
| :--- | ---: |
{rows}

On the general set it answers {sum(general[LORA])} of {len(general[LORA])} rows as expected; the base
answers {sum(general[ZERO])}.

## Training

{metrics["steps"]} steps, {metrics["tokens"]:,} tokens without padding, {metrics["seconds"]:.0f} s,
{metrics["trained_parameters"]:,} trained parameters, {metrics["weights_mib"]:.2f} MiB to ship.

## Limits

The rows are generated: people write in more ways. A message that asks for two things at once, or for
something that the schema has no call for, gets some call all the same.
"""
