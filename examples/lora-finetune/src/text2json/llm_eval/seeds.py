"""The same comparison with several seeds, to tell what is learned from what is luck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

from text2json import evidence
from text2json.finetune import Settings as Training
from text2json.finetune.run import finetune
from text2json.llm import load
from text2json.sft.rows import SPLITS, data_hash, read

from .answers import Answered, answer, choose_shots
from .report import chance, row
from .settings import Settings
from .statistics import Interval, mcnemar, share

#: Two-sided 5 % points of Student's t by degrees of freedom, 1 to 9.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def repeat(
    settings: Settings,
    training: Training,
    data: Path,
    count: int,
    *,
    say: Callable[[str], None],
    root: Path = Path(),
) -> Path:
    """Train and evaluate with `count` seeds, and write the record `seeds`."""
    splits = {split: read(data / f"{split}.jsonl") for split in SPLITS}
    test = splits["test"]
    base = load()
    shots = choose_shots(splits["train"], settings.shots)
    few = answer("base, few-shot", base, test, settings, shots=shots)
    zero = answer("base, zero-shot", base, test, settings)
    before = zero if sum(zero.correct) >= sum(few.correct) else few
    found: list[Answered] = []
    chances: list[float] = []
    values = []
    for number in range(count):
        seed = training.seed + number
        result = finetune(training.model_copy(update={"seed": seed, "method": "lora"}), data, say)
        said = answer(f"seed {seed}", load(adapter=result.version, merge=True), test, settings)
        found.append(said)
        chances.append(mcnemar(said.correct, before.correct))
        values.append(
            row(f"LoRA, {said.name}", share(said.correct), f"McNemar {chance(chances[-1])}")
        )
        say(f"{said.name}: exact match {share(said.correct).mean:.3f}")
    gains = [mean(said.correct) - mean(before.correct) for said in found]
    values += [
        row(f"LoRA, mean of {count} seeds", over_seeds([mean(said.correct) for said in found])),
        row(before.name, share(before.correct), "the better of the two prompts"),
        row(
            "gain of LoRA, mean of the seeds",
            over_seeds(gains),
            f"Student's t over seeds; McNemar of the worst seed {chance(max(chances))}",
        ),
    ]
    return evidence.write(
        "seeds",
        f"Exact match on {len(test)} held-out rows, {count} seeds",
        values,
        command="make seeds",
        seed=training.seed,
        data_sha256=data_hash(data),
        root=root,
    )


def over_seeds(shares: Sequence[float]) -> Interval:
    """Mean over runs with its 95 % interval by Student's t."""
    middle = mean(shares)
    half = _T[min(len(shares) - 1, len(_T)) - 1] * stdev(shares) / sqrt(len(shares))
    return Interval(middle, middle - half, middle + half)
