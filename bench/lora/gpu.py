"""Measure training on one NVIDIA GPU, without a network: gpu.py PROJECT [--dry-run].

The model has the shape of Llama 3.2 1B (1.24 billion parameters), random weights and bfloat16; conversations are random
tokens whose lengths are those of chat data (log-normal, median 300, up to 2,048). The project's loop and transformers'
Trainer with PEFT train one epoch each in turn. Tokens per second (no padding), share of the peak computation (MFU),
memory and the hardware go to bench/results/lora_gpu.json. It is sized for 80 GB and under ten minutes.

PROJECT is a generated `lora-finetune` after `make setup TORCH=cuda`. --dry-run goes through everything with a tiny
shape on the processor and writes no record.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rag"))
from quality import RESULTS, package_of, use_interpreter_of
from ways import IGNORED, Sizes, Took, plain_way, project_way

#: Dense bfloat16 computation by the makers' data sheets, in 1e12 per second.
PEAKS = {
    "H200": 989, "H100 PCIe": 756, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "A10G": 70, "A10": 125,
    "RTX 4090": 165, "RTX 3090": 71, "B200": 2250,
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """Of the model and of the rows."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int
    rows: int
    median: int
    longest: int
    sizes: Sizes


LLAMA_1B = Shape(2048, 16, 32, 8, 8192, 128_256, 768, 300, 2048, Sizes(2048, 2))
TINY = Shape(32, 2, 4, 2, 64, 500, 24, 20, 64, Sizes(64, 4))


def main(arguments: Sequence[str]) -> int:
    """Measure, write; return the exit code: 3 without a GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    use_interpreter_of(chosen.project)
    import torch

    if not chosen.dry_run and not torch.cuda.is_available():
        built = f"PyTorch {torch.__version__}"
        print(f"no NVIDIA GPU can be used ({built}): `make setup TORCH=cuda`, or --dry-run", file=sys.stderr)
        return 3
    began = time.perf_counter()
    shape, rounds = (TINY, 1) if chosen.dry_run else (LLAMA_1B, chosen.rounds)
    device = torch.device("cpu" if chosen.dry_run else "cuda")
    package = package_of(chosen.project)
    items = conversations(shape)
    found: dict[str, list[Took]] = {"project": [], "plain": []}
    for turn in range(rounds + 1):
        part = items if turn else items[: len(items) // 8]  # the first is to warm up
        for name in found:
            model = random_llama(shape, device)
            took = (
                project_way(package, model, part, shape.sizes)
                if name == "project"
                else plain_way(model, part, shape.sizes)
            )
            if turn:
                found[name].append(took)
            del model
            if device.type == "cuda":
                torch.cuda.empty_cache()
    record = summary(shape, items, found, torch.cuda.get_device_name() if device.type == "cuda" else "none")
    record["machine"] = importlib.import_module(f"{package}.evidence").hardware()
    record["torch"] = torch.__version__
    record["seconds"] = round(time.perf_counter() - began)
    record["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    print(json.dumps(record, indent=2))
    if not chosen.dry_run:
        (RESULTS / "lora_gpu.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        (RESULTS / "lora_gpu.md").write_text(section(record), encoding="utf-8")
    return 0


def random_llama(shape: Shape, device: Any) -> Any:
    """A model of this shape with random weights."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=shape.vocabulary, hidden_size=shape.hidden, intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers, num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads,
        max_position_embeddings=8192, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 500_000.0},
    )  # fmt: skip
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    with torch.device(device):
        return AutoModelForCausalLM.from_config(config, dtype=dtype)


def conversations(shape: Shape, seed: int = 7) -> list[Any]:
    """Random tokens; the second half of each is the answer."""
    drawn = random.Random(seed)
    items = []
    for _ in range(shape.rows):
        length = min(shape.longest, max(8, round(drawn.lognormvariate(0, 0.8) * shape.median)))
        ids = [drawn.randrange(shape.vocabulary) for _ in range(length)]
        labels = [IGNORED] * (length // 2) + ids[length // 2 :]
        learned = length - length // 2
        items.append(SimpleNamespace(ids=ids, labels=labels, learned=learned))
    return items


def needed(shape: Shape, items: Sequence[Any]) -> float:
    """Floating-point operations that one epoch of LoRA cannot do without.

    Two per weight in the forward pass and two for the gradients of the activations; the frozen weights need no
    gradients of their own, and the output layer is needed at labelled tokens only. Attention is causal, within each
    conversation.
    """
    head = shape.hidden // shape.heads
    attention = shape.hidden * (2 * shape.hidden + 2 * shape.kv_heads * head)
    body = shape.layers * (attention + 3 * shape.hidden * shape.feed_forward)
    tokens = sum(len(item.ids) for item in items)
    learned = sum(item.learned for item in items)
    pairs = sum(len(item.ids) ** 2 / 2 for item in items)
    return (
        4.0 * (body * tokens + shape.hidden * shape.vocabulary * learned) + 12.0 * shape.layers * shape.hidden * pairs
    )


def summary(shape: Shape, items: Sequence[Any], found: dict[str, list[Took]], gpu: str) -> dict[str, Any]:
    """Medians."""
    peak = next((value for name, value in PEAKS.items() if name in gpu), None)
    operations = needed(shape, items)
    ways = {}
    for name, all_of_it in found.items():
        seconds = statistics.median(took.seconds for took in all_of_it)
        ways[name] = {
            "tokens_per_s": round(statistics.median(took.speed for took in all_of_it)),
            "mfu": round(operations / seconds / (peak * 1e12), 4) if peak else None,
            "peak_gib": round(max(took.peak_gib for took in all_of_it), 2),
            "padding": round(1 - sum(t.tokens for t in all_of_it) / sum(t.places for t in all_of_it), 3),
        }
    ratio = ways["project"]["tokens_per_s"] / ways["plain"]["tokens_per_s"]
    return {
        "gpu": gpu,
        "peak_tflops": peak,
        "rows": len(items),
        "shape": vars(shape) | {"sizes": vars(shape.sizes)},
        "ways": ways,
        "ratio": round(ratio, 2),
    }


def section(record: dict[str, Any]) -> str:
    """The part of RESULTS.md."""
    rows = "\n".join(
        f"| {name} | {way['tokens_per_s']:,} | {'' if way['mfu'] is None else format(way['mfu'], '.1%')} | "
        f"{way['peak_gib']:.1f} | {way['padding']:.1%} |"
        for name, way in record["ways"].items()
    )
    return f"""## Fine-tuning on a GPU

The same comparison on a random model of the shape of Llama 3.2 1B in bfloat16, {record["rows"]} conversations
of log-normal length. {record["gpu"]}, PyTorch {record["torch"]}, {record["measured_at"][:10]}.
The project trains {record["ratio"]:.2f} times as fast.
Again: `python bench/lora/gpu.py PROJECT`.

| way | tokens per second | MFU | peak GiB | padding |
| --- | --- | --- | --- | --- |
{rows}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
