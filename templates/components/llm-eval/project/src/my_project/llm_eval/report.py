"""The comparison as evidence records, plots, error examples and a model card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from my_project import evidence
from my_project.evidence import Plot, Value
from my_project.finetune import Settings as Training
from my_project.pretraining.train import corpus_questions
from my_project.sft.rows import data_hash
from my_project.sft.settings import load_settings as data_settings

from . import errors, plots
from .compare import LORA, ZERO, Comparison
from .contamination import contaminated
from .modelcard import write_card
from .settings import Settings
from .statistics import Interval, difference, interval, mcnemar

COMMAND = "make compare"


def write(
    found: Comparison, settings: Settings, training: Training, root: Path = Path()
) -> list[Path]:
    """Write everything; the paths of what was written."""
    writer = _Writer(found, settings, training, root)
    return [
        writer.before_after(),
        writer.slices(),
        writer.forgetting(),
        writer.error_analysis(),
        writer.contamination(),
        writer.cost(),
        write_card(found, root),
    ]


def row(name: str, score: Interval, note: str = "") -> Value:
    """One row of a table."""
    return Value(name, score.mean, low=score.low, high=score.high, note=note)


def chance(p_value: float) -> str:
    """A p-value in words."""
    tiny = 1e-4
    return "p < 0.0001" if p_value < tiny else f"p = {p_value:.4f}"


class _Writer:
    def __init__(
        self, found: Comparison, settings: Settings, training: Training, root: Path
    ) -> None:
        self.found, self.settings, self.root = found, settings, root
        self.seed = training.seed
        self.sha256 = data_hash(data_settings().folder)

    def before_after(self) -> Path:
        """Exact match of every variant, and what LoRA gains, with paired intervals and tests."""
        variants = self.found.variants
        values = [
            row(
                name,
                interval([float(right) for right in said.correct]),
                f"valid {_share(said.valid):.3f}, fields right {_mean(said.fields):.3f}",
            )
            for name, said in variants.items()
        ]
        lora = variants[LORA]
        for name, said in variants.items():
            if name != LORA:
                gain = difference(_floats(lora.correct), _floats(said.correct))
                p_value = mcnemar(lora.correct, said.correct)
                note = f"paired; McNemar {chance(p_value)}"
                values.append(row(f"gain of LoRA over {name}", gain, note))
        shares = ", ".join(f"{name} {_share(said.correct):.2f}" for name, said in variants.items())
        picture = plots.bars(self._by_slice(), "exact match", self._picture("before-after"))
        title = f"Exact match on {len(self.found.test)} held-out rows"
        return self._write("before-after", title, values, self._plot(picture, f"{title}: {shares}"))

    def slices(self) -> Path:
        """LoRA by what is new about a row."""
        values = [
            row(f"{slice_ or 'rows'}, {name}", group[name])
            for slice_, group in self._by_slice().items()
            if slice_ != "all"
            for name in (ZERO, LORA)
        ]
        return self._write("slices", "Exact match by what is new about a row", values)

    def forgetting(self) -> Path:
        """Skills of the base before and after."""
        general = self.found.general
        values = [row(name, interval(_floats(right))) for name, right in general.items()]
        for name in general:
            if name != ZERO:
                lost = difference(_floats(general[name]), _floats(general[ZERO]))
                p_value = mcnemar(general[name], general[ZERO])
                values.append(row(f"change by {name}", lost, f"paired; McNemar {chance(p_value)}"))
        count = len(general[ZERO])
        return self._write("forgetting", f"Exact match on {count} rows of the general set", values)

    def error_analysis(self) -> Path:
        """Which fields are wrong, with examples in `reports/errors.md`."""
        lora = self.found.variants[LORA]
        errors.write(lora, self.found.test, self.root / "reports/errors.md")
        wrong = errors.fields(lora, self.found.test)
        values = [
            Value("wrong answers", len(lora.correct) - sum(lora.correct)),
            Value("answers that break the schema", len(lora.valid) - sum(lora.valid)),
            *(Value(f"field {name} wrong", count) for name, count in list(wrong.items())[:8]),
        ]
        return self._write("errors", f"Errors of LoRA, {len(self.found.test)} rows", values)

    def contamination(self) -> Path:
        """Held-out questions that stand in training text."""
        length = self.settings.contamination_words
        questions = [row.asked for row in self.found.test]
        trained = [row.asked for row in self.found.splits["train"]]
        in_train = contaminated(questions, trained, length)
        values = [
            Value("test rows", len(questions)),
            Value("share words with a training row", len(in_train), note="phrasings recur"),
        ]
        corpus = corpus_questions()
        if corpus:
            in_corpus = contaminated(questions, corpus, length)
            note = f"{len(corpus):,} examples of it"
            values.append(Value("share words with the base's corpus", len(in_corpus), note=note))
        lora = self.found.variants[LORA]
        clean = [right for i, right in enumerate(lora.correct) if i not in set(in_train)]
        if clean:
            note = f"{len(clean)} rows"
            values.append(row("exact match on the others, LoRA", interval(_floats(clean)), note))
        title = f"Runs of {length} words that test rows share with training text"
        return self._write("contamination", title, values)

    def cost(self) -> Path:
        """What training cost, and how large the result is."""
        values = []
        for name, card in self.found.cards.items():
            metrics = card["metrics"]
            trained = metrics["trained_parameters"]
            values += [
                Value(f"{name}: training", metrics["seconds"], "s"),
                Value(f"{name}: tokens, no padding", metrics["tokens_per_second"], "per s"),
                Value(f"{name}: peak memory of the process", metrics["peak_memory_mib"], "MiB"),
                Value(f"{name}: weights to ship", metrics["weights_mib"], "MiB"),
                Value(f"{name}: trained parameters", trained),
            ]
        picture = plots.curves(self.found.cards, self._picture("curves"))
        alt = "Training and validation loss of LoRA and full fine-tuning over the steps"
        return self._write("cost", "Cost of fine-tuning", values, self._plot(picture, alt))

    def _by_slice(self) -> dict[str, dict[str, Interval]]:
        test, variants = self.found.test, self.found.variants
        found = {}
        names = sorted({row.slice for row in test if row.slice})
        for slice_ in ["all", *names]:
            places = [i for i, row in enumerate(test) if slice_ in {"all", row.slice}]
            found[slice_] = {
                name: interval([float(said.correct[i]) for i in places])
                for name, said in variants.items()
            }
        return found

    def _write(self, name: str, title: str, values: Sequence[Value], *plot: Plot) -> Path:
        return evidence.write(
            name,
            title,
            values,
            command=COMMAND,
            seed=self.seed,
            data_sha256=self.sha256,
            plots=plot,
            details={"base": self.found.cards[LORA]["base"]},
            root=self.root,
        )

    def _picture(self, name: str) -> Path:
        return self.root / "evidence" / f"{name}.png"

    def _plot(self, path: Path, alt: str) -> Plot:
        return Plot(path.relative_to(self.root).as_posix(), alt)


def _floats(right: Sequence[bool]) -> list[float]:
    return [float(value) for value in right]


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
