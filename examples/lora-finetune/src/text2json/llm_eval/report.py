"""The comparison as evidence records, plots, error examples and a model card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from text2json import evidence
from text2json.evidence import Plot, Value
from text2json.finetune import Settings as Training
from text2json.pretraining.train import corpus_questions
from text2json.sft.general import made_here
from text2json.sft.rows import data_hash
from text2json.sft.settings import load_settings as data_settings

from . import errors, plots
from .compare import LORA, ZERO, Comparison
from .contamination import contaminated
from .modelcard import write_card
from .settings import Settings
from .statistics import Interval, difference, interval, mcnemar, permutation, share

COMMAND = "make compare"


def write(
    found: Comparison, settings: Settings, training: Training, root: Path = Path()
) -> list[Path]:
    """Write everything; the paths of what was written."""
    writer = _Writer(found, settings, training, root)
    return [
        writer.before_after(),
        writer.quality(),
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


def paired(name: str, new: Sequence[bool], old: Sequence[bool]) -> Value:
    """The paired difference of two shares as a row."""
    change = difference([float(right) for right in new], [float(right) for right in old])
    return row(name, change, f"paired; McNemar {chance(mcnemar(new, old))}")


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
        values = [row(name, share(said.correct)) for name, said in variants.items()]
        lora = variants[LORA]
        for name, said in variants.items():
            if name != LORA:
                values.append(paired(f"gain of LoRA over {name}", lora.correct, said.correct))
        shares = ", ".join(
            f"{name} {share(said.correct).mean:.2f}" for name, said in variants.items()
        )
        picture = plots.bars(self._by_slice(), "exact match", self._picture("before-after"))
        title = f"Exact match on {len(self.found.test)} held-out rows"
        return self._write("before-after", title, values, self._plot(picture, f"{title}: {shares}"))

    def quality(self) -> Path:
        """How much of an answer is right, where it need not be all."""
        variants = self.found.variants
        lora = variants[LORA]
        values = [row(f"valid, {name}", share(said.valid)) for name, said in variants.items()]
        values += [
            row(f"fields right, {name}", interval(said.fields)) for name, said in variants.items()
        ]
        values += [
            row(
                f"fields right, LoRA over {name}",
                difference(lora.fields, said.fields),
                f"paired; permutation test {chance(permutation(lora.fields, said.fields))}",
            )
            for name, said in variants.items()
            if name != LORA
        ]
        return self._write("quality", "Answers that follow the schema, and fields right", values)

    def slices(self) -> Path:
        """LoRA by what is new about a row; all rows together where none says that."""
        slices = self._by_slice()
        values = [
            row(f"{slice_}, {name}", group[name])
            for slice_, group in slices.items()
            if slice_ != "all" or len(slices) == 1
            for name in (ZERO, LORA)
        ]
        return self._write("slices", "Exact match by what is new about a row", values)

    def forgetting(self) -> Path:
        """Skills of the base before and after."""
        general = self.found.general
        values = [row(name, share(right)) for name, right in general.items()]
        values += [
            paired(f"change by {name}", right, general[ZERO])
            for name, right in general.items()
            if name != ZERO
        ]
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
        if made_here():
            corpus = corpus_questions()
            in_corpus = contaminated(questions, corpus, length)
            note = f"{len(corpus):,} examples of it"
            values.append(Value("share words with the base's corpus", len(in_corpus), note=note))
        lora = self.found.variants[LORA]
        clean = [right for i, right in enumerate(lora.correct) if i not in set(in_train)]
        if clean:
            note = f"{len(clean)} rows"
            values.append(row("exact match on the others, LoRA", share(clean), note))
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
                name: share([said.correct[i] for i in places]) for name, said in variants.items()
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
