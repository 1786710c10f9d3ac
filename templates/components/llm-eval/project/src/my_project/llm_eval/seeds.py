"""The same comparison with several seeds, to tell what is learned from what is luck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

from my_project import evidence
from my_project.evidence import Value
from my_project.finetune import Settings as Training
from my_project.finetune.run import finetune
from my_project.llm import load
from my_project.sft.rows import SPLITS, data_hash, read

from .answers import Answered, answer, choose_shots
from .report import chance, row
from .settings import Settings
from .statistics import Interval, difference, mcnemar

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
    values = []
    for number in range(count):
        seed = training.seed + number
        result = finetune(training.model_copy(update={"seed": seed, "method": "lora"}), data, say)
        said = answer(f"seed {seed}", load(adapter=result.version, merge=True), test, settings)
        found.append(said)
        gain = difference(_floats(said.correct), _floats(before.correct))
        share = mean(said.correct)
        note = f"gain {gain.mean:.3f} ({gain.low:.3f} to {gain.high:.3f}), paired; McNemar "
        values.append(
            Value(
                f"LoRA, {said.name}",
                share,
                note=note + chance(mcnemar(said.correct, before.correct)),
            )
        )
        say(f"{said.name}: exact match {share:.3f}")
    shares = [mean(said.correct) for said in found]
    values.append(row(f"mean of {count} seeds", over_seeds(shares), "Student's t over seeds"))
    values.append(Value(f"{before.name}, the better prompt", mean(before.correct)))
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
    """Mean over runs with its 95 % interval by Student's t, kept within 0 and 1."""
    middle = mean(shares)
    half = _T[min(len(shares) - 1, len(_T)) - 1] * stdev(shares) / sqrt(len(shares))
    return Interval(middle, max(0.0, middle - half), min(1.0, middle + half))


def _floats(right: Sequence[bool]) -> list[float]:
    return [float(value) for value in right]
