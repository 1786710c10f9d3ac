"""Makes the three splits: generated rows of the desk, or a file of your own.

Of the desk, a test row differs from everything in training in one of three ways, which is its
slice: the phrasing (a family that training never has), the composition (a combination of call,
items and parts that training never has), or the values alone (names, numbers and amounts).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from . import house, messages
from .dedup import drop_duplicates
from .errors import DataError
from .house import Composition
from .rows import SPLITS, Message, Row, read, write
from .settings import Settings

#: Families and compositions that training never has, the first for validation, the second for test.
HELD_OUT_FAMILIES = {"validation": (7,), "test": (8, 9)}
HELD_OUT_SHARE = 5  # every fifth composition
SLICES = ("values", "phrasing", "composition")


def make(settings: Settings) -> dict[str, list[Row]]:
    """Make the splits, write them, and return them without duplicates.

    Raises:
        DataError: the file of your own is wrong or too small.
    """
    rows = generated(settings) if settings.source is None else divided(settings)
    kept = drop_duplicates(rows, settings.near)
    for split in SPLITS:
        if not kept[split]:
            raise DataError(f"no rows are left for {split}: the data has too few families")
        write(settings.folder / f"{split}.jsonl", kept[split])
    return kept


def generated(settings: Settings) -> dict[str, list[Row]]:
    """Rows of the warehouse desk."""
    unseen = [c for c in house.compositions() if c.items][2::HELD_OUT_SHARE]
    known = [c for c in house.compositions() if c not in unseen]
    families = len(house.CORES["ship"])
    held = [family for found in HELD_OUT_FAMILIES.values() for family in found]
    familiar = [family for family in range(families) if family not in held]
    found: dict[str, list[Row]] = {}
    for split in SPLITS:
        # Seeded by name, so that a longer split does not change the next one.
        random = Random(f"{settings.seed}/{split}")  # noqa: S311 (no secret)
        rows = []
        for number in range(getattr(settings, split)):
            slice_ = "" if split == "train" else SLICES[number % len(SLICES)]
            chosen = unseen if slice_ == "composition" else known
            phrasings = HELD_OUT_FAMILIES[split] if slice_ == "phrasing" else familiar
            row = _desk_row(random, chosen, phrasings, slice_)
            rows.append(row.model_copy(update={"id": f"{split}-{number:05}"}))
        found[split] = rows
    return found


def _desk_row(
    random: Random, compositions: Sequence[Composition], families: Sequence[int], slice_: str
) -> Row:
    composition = random.choice(compositions)
    family = random.choice(families)
    text, call = messages.message(random, composition, family)
    turns = (
        Message(role="system", content=messages.SYSTEM),
        Message(role="user", content=text),
        Message(role="assistant", content=messages.write(call)),
    )
    return Row(
        id="new",
        messages=turns,
        family=f"{composition.call}-{family}",
        composition=str(composition),
        slice=slice_,
    )


def divided(settings: Settings) -> dict[str, list[Row]]:
    """The rows of a file of your own; a family, where rows name one, stays in one split.

    Files `train.jsonl`, `validation.jsonl` and `test.jsonl` in a folder are taken as they are.
    """
    source = settings.source or Path()
    if source.is_dir():
        return {split: read(source / f"{split}.jsonl") for split in SPLITS}
    rows = read(source)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.family or row.id, []).append(row)
    names = sorted(groups)
    Random(settings.seed).shuffle(names)  # noqa: S311 (no secret)
    total = settings.train + settings.validation + settings.test
    wanted = {
        "test": len(rows) * settings.test / total,
        "validation": len(rows) * settings.validation / total,
    }
    found: dict[str, list[Row]] = {split: [] for split in SPLITS}
    for name in names:
        split = next((s for s in wanted if len(found[s]) < wanted[s]), "train")
        found[split] += groups[name]
    return found
