"""The same comparison with several seeds, to tell what is learned from what is luck; and without replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

from text2json import evidence
from text2json.evidence import Value
from text2json.finetune import Settings as Training
from text2json.finetune.replay import replayed
from text2json.finetune.run import finetune
from text2json.llm import Loaded, load
from text2json.sft.rows import SPLITS, data_hash, read

from . import general
from .answers import Answered, answer, choose_shots
from .report import chance, paired, row
from .settings import Settings
from .statistics import Interval, mcnemar, share

#: Two-sided 5 % points of Student's t by degrees of freedom, 1 to 9.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


@dataclass(frozen=True)
class _Said:
    """What one version says about the test rows, and whether it is right on the general set."""

    task: Answered
    general: list[bool]


class _Repeated:
    """The versions, asked the same rows, and the records about them."""

    def __init__(
        self,
        settings: Settings,
        training: Training,
        data: Path,
        say: Callable[[str], None],
        root: Path,
    ) -> None:
        self.settings, self.data, self.say, self.root = settings, data, say, root
        self.training = training.model_copy(update={"method": "lora"})
        splits = {split: read(data / f"{split}.jsonl") for split in SPLITS}
        self.test = splits["test"]
        self.asked = general.rows(settings, replayed(training, len(splits["train"])))
        base = load()
        self.base = self._ask("base, zero-shot", base)
        shots = choose_shots(splits["train"], settings.shots)
        few = answer("base, few-shot", base, self.test, settings, shots=shots)
        #: The better of the two prompts.
        self.before = max(self.base.task, few, key=lambda said: sum(said.correct))

    def _ask(self, name: str, loaded: Loaded) -> _Said:
        task = answer(name, loaded, self.test, self.settings)
        kept = general.scores(loaded, self.asked, self.settings)
        right, still = share(task.correct).mean, share(kept).mean
        self.say(f"{name}: exact match {right:.3f}, general set {still:.3f}")
        return _Said(task, kept)

    def train(self, name: str, **changes: float) -> _Said:
        """Train with changed settings, unless that was done, and ask."""
        result = finetune(self.training.model_copy(update=changes), self.data, self.say)
        return self._ask(name, load(adapter=result.version, merge=True))

    def seeds(self, found: Sequence[_Said]) -> Path:
        """What each seed gains over the base, and their mean."""
        before = self.before.correct
        chances = [mcnemar(said.task.correct, before) for said in found]
        values = [
            row(f"LoRA, {said.task.name}", share(said.task.correct), f"McNemar {chance(p_value)}")
            for said, p_value in zip(found, chances, strict=True)
        ]
        gain = over_seeds([mean(said.task.correct) - mean(before) for said in found])
        verdict = "significant" if gain.low > 0 else "not significant"
        count = len(found)
        values += [
            row(f"LoRA, mean of {count} seeds", over_seeds([mean(s.task.correct) for s in found])),
            row(self.before.name, share(before), "the better of the two prompts"),
            row(
                "gain of LoRA, mean of the seeds",
                gain,
                f"{verdict} at 5 %: paired, Student's t over seeds; McNemar of the worst seed "
                f"{chance(max(chances))}",
            ),
            row(
                "general set, LoRA, mean of the seeds", over_seeds([mean(s.general) for s in found])
            ),
        ]
        return self._write("seeds", f"Exact match on {len(self.test)} held-out rows", values)

    def replay(self, with_: _Said, without: _Said) -> Path:
        """What replay costs on the task, and what it saves of the general skills."""
        values = [
            row("task, with replay", share(with_.task.correct)),
            row("task, without", share(without.task.correct)),
            paired("task, change by replay", with_.task.correct, without.task.correct),
            row("general set, base", share(self.base.general)),
            row("general set, with replay", share(with_.general)),
            row("general set, without", share(without.general)),
            paired("general set, change by replay", with_.general, without.general),
        ]
        title = f"LoRA with {self.training.replay:.0%} general examples and without, exact match"
        return self._write("replay", title, values)

    def _write(self, name: str, title: str, values: Sequence[Value]) -> Path:
        return evidence.write(
            name,
            title,
            values,
            command="make seeds",
            seed=self.training.seed,
            data_sha256=data_hash(self.data),
            root=self.root,
        )


def repeat(
    settings: Settings,
    training: Training,
    data: Path,
    count: int,
    *,
    say: Callable[[str], None],
    root: Path = Path(),
) -> list[Path]:
    """Train and evaluate with `count` seeds and, if there is replay, once without it.

    Returns:
        The records `seeds` and `replay`.
    """
    repeated = _Repeated(settings, training, data, say, root)
    seeds = [training.seed + number for number in range(count)]
    found = [repeated.train(f"seed {seed}", seed=seed) for seed in seeds]
    records = [repeated.seeds(found)]
    if training.replay:
        records.append(repeated.replay(found[0], repeated.train("without replay", replay=0.0)))
    return records


def over_seeds(shares: Sequence[float]) -> Interval:
    """Mean over runs with its 95 % interval by Student's t."""
    middle = mean(shares)
    half = _T[min(len(shares) - 1, len(_T)) - 1] * stdev(shares) / sqrt(len(shares))
    return Interval(middle, middle - half, middle + half)
