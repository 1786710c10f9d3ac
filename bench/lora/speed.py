"""Measure how fast a generated project trains against transformers' Trainer with PEFT: speed.py PROJECT.

PROJECT is a generated `lora-finetune` after `make setup base data`. Both ways train one epoch on the same conversations
with the same adapter, in turn, in one process; processor seconds per real token are compared, so that other work on the
machine matters little. The record goes to bench/results/lora_speed.json. Exit code 1 when the aim is missed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rag"))
from quality import RESULTS, package_of, use_interpreter_of
from ways import WAYS, Sizes, Took, plain_way, project_way

AIM = 1.0  # times as fast as the plain way, at least
HOPED = 1.5


def main(arguments: Sequence[str]) -> int:
    """Measure, write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rows", type=int, default=320)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    use_interpreter_of(chosen.project)
    package = package_of(chosen.project)
    os.chdir(chosen.project)
    import torch

    torch.set_num_threads(1)
    items = conversations(package, chosen.rows)
    settings = importlib.import_module(f"{package}.finetune").load_settings()
    sizes = Sizes(settings.row_tokens, settings.step_rows, settings.rank)
    found: dict[str, list[Took]] = {name: [] for name in WAYS}
    for turn in range(chosen.rounds + 1):
        part = items if turn else items[: max(16, len(items) // 8)]  # the first is to warm up
        took = {
            "project": project_way(package, base(package), part, sizes),
            "plain": plain_way(base(package), part, sizes),
        }
        if turn:
            for name, value in took.items():
                found[name].append(value)
    record = summary(found, items, sizes, chosen.rounds)
    record["machine"] = importlib.import_module(f"{package}.evidence").hardware()
    record["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    print(json.dumps(record, indent=2))
    (RESULTS / "lora_speed.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "lora_speed.md").write_text(section(record), encoding="utf-8")
    return int(record["ratio"] < AIM)


def conversations(package: str, count: int) -> list[Any]:
    """Training rows of the project as tokens."""
    tokenizer, _ = _loaded(package)
    rows = importlib.import_module(f"{package}.sft.rows").read(Path("data/sft/train.jsonl"))[:count]
    encoded: list[Any] = importlib.import_module(f"{package}.finetune.encode").encode(tokenizer, rows, 100_000)
    return encoded


def base(package: str) -> Any:
    """The configured base, fresh from the disk."""
    return _loaded(package)[1]


def _loaded(package: str) -> tuple[Any, Any]:
    load = importlib.import_module(f"{package}.llm.load")
    settings = importlib.import_module(f"{package}.llm.settings").load_settings()
    device = load.pick_device("cpu")
    return load.load_tokenizer(settings.model, settings), load.load_model(settings.model, settings, device, "float32")


def summary(found: dict[str, list[Took]], items: Sequence[Any], sizes: Sizes, rounds: int) -> dict[str, Any]:
    """Medians and the ratio, which is the median of those of the rounds."""
    lengths = sorted(len(item.ids) for item in items)
    return {
        "rows": len(items),
        "rounds": rounds,
        "tokens": {"median": statistics.median(lengths), "longest": lengths[-1]},
        "row_tokens": sizes.row_tokens,
        "step_rows": sizes.step_rows,
        "ways": {
            name: {
                "tokens_per_cpu_s": round(statistics.median(took.speed for took in all_of_it)),
                "padding": round(1 - sum(t.tokens for t in all_of_it) / sum(t.places for t in all_of_it), 3),
            }
            for name, all_of_it in found.items()
        },
        "ratio": round(
            statistics.median(
                ours.speed / theirs.speed for ours, theirs in zip(found["project"], found["plain"], strict=True)
            ),
            2,
        ),
        "aim": AIM,
        "hoped": HOPED,
    }


def section(record: dict[str, Any]) -> str:
    """The part of RESULTS.md."""
    machine, ways = record["machine"], record["ways"]
    rows = "\n".join(f"| {n} | {w['tokens_per_cpu_s']:,} | {w['padding']:.1%} |" for n, w in ways.items())
    verdict = "reached" if record["ratio"] >= record["aim"] else "missed"
    tokens = record["tokens"]
    return f"""## Fine-tuning

A generated `lora-finetune`: the same LoRA adapter on the same {record["rows"]} conversations (median
{tokens["median"]:.0f} tokens, longest {tokens["longest"]}), by the project's loop and by transformers' Trainer
with PEFT, one epoch each in turn, {record["rounds"]} rounds, one thread. Padding is not counted as tokens.
The project trains {record["ratio"]:.2f} times as fast (at least {record["aim"]:.1f} is promised: {verdict};
{record["hoped"]} is hoped for).
{machine["cores"]} cores ({machine["cpu"]}), Python {machine["python"]}, {record["measured_at"][:10]}.
Again: `python bench/lora/speed.py PROJECT`.

| way | tokens per CPU second | padding |
| --- | --- | --- |
{rows}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
