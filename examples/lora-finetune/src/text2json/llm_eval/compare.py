"""Runs every variant on the same rows: zero-shot, few-shot, LoRA and full fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2json.finetune import Settings as Training
from text2json.finetune.replay import replayed
from text2json.finetune.run import Result, finetune
from text2json.llm import Loaded, adapters, load
from text2json.sft.rows import SPLITS, Row, data_hash, read

from . import general
from .answers import Answered, answer, choose_shots
from .settings import EvaluationError, Settings

Say = Callable[[str], None]
ZERO, FEW, LORA, FULL = "base, zero-shot", "base, few-shot", "LoRA", "full fine-tuning"


@dataclass(frozen=True)
class Comparison:
    """Everything that was answered.

    Attributes:
        splits: the rows.
        variants: what each said about the test rows, in the order of the tables.
        general: by variant, whether each row of the general set is right.
        cards: by variant, what its training cost; nothing for the base.
    """

    splits: dict[str, list[Row]]
    variants: dict[str, Answered]
    general: dict[str, list[bool]]
    cards: dict[str, dict[str, Any]]

    @property
    def test(self) -> list[Row]:
        """The rows that were asked."""
        return self.splits["test"]


def compare(settings: Settings, training: Training, data: Path, say: Say) -> Comparison:
    """Evaluate the base, the champion adapter, and all weights fine-tuned on the same rows.

    Raises:
        ModelError: there is no base model or no champion.
        EvaluationError: the champion was trained on other rows, or the general set is missing.
        DataError: the rows cannot be read.
    """
    splits = {split: read(data / f"{split}.jsonl") for split in SPLITS}
    asked = general.rows(settings, replayed(training, len(splits["train"])))
    known = adapters()
    champion = known.resolve("champion").name
    if known.card(champion)["data_sha256"] != data_hash(data):
        raise EvaluationError(
            f"{champion} was trained on other rows, which may have been these ones: `make finetune`"
        )
    variants: dict[str, Answered] = {}
    kept: dict[str, list[bool]] = {}
    cards = {LORA: known.card(champion)}

    def judge(name: str, loaded: Loaded, shots: Sequence[Row] = ()) -> None:
        found = answer(name, loaded, splits["test"], settings, shots=shots)
        variants[name] = found
        share = sum(found.correct) / len(found.correct)
        say(f"{name:18} exact match {share:.3f}  ({found.seconds:.0f} s)")
        if not shots:
            kept[name] = general.scores(loaded, asked, settings)

    # Trained before anything is loaded, so that its memory is its own.
    full = full_version(training, data, say) if settings.full else None
    base = load()
    judge(ZERO, base)
    judge(FEW, base, choose_shots(splits["train"], settings.shots))
    judge(LORA, load(adapter=champion, merge=True))
    if full is not None:
        cards[FULL] = full.card
        judge(FULL, load(full.folder))
    return Comparison(splits, variants, kept, cards)


def full_version(training: Training, data: Path, say: Say) -> Result:
    """Fine-tune all weights, unless that was done with these rows already."""
    return finetune(training.model_copy(update={"method": "full"}), data, say)
