"""Several conversations in one row of tokens, none of which sees another.

Positions start at zero with every conversation. Given positions and no attention mask, transformers
builds the block-diagonal mask (or the lengths that FlashAttention wants) from them, so a packed
conversation gets exactly the logits that it would get alone; a test holds it to that.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING

from .encode import IGNORED, Encoded

if TYPE_CHECKING:
    import torch

    Batch = dict[str, torch.Tensor]


def pack(lengths: Sequence[int], room: int) -> list[list[int]]:
    """Put items into as few rows as best-fit decreasing finds; order within a row is kept.

    Args:
        lengths: tokens of each item, none above `room`.
        room: tokens of a row.

    Returns:
        Indices of the items of each row.
    """
    rows: list[list[int]] = []
    spaces: list[tuple[int, int]] = []  # (free tokens, row), sorted
    for item in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        at = bisect.bisect_left(spaces, (lengths[item], -1))
        if at == len(spaces):
            rows.append([item])
            bisect.insort(spaces, (room - lengths[item], len(rows) - 1))
        else:
            free, row = spaces.pop(at)
            rows[row].append(item)
            bisect.insort(spaces, (free - lengths[item], row))
    return [sorted(row) for row in rows]


def epoch(items: Sequence[Encoded], room: int, seed: int) -> list[list[Encoded]]:
    """The rows of one epoch in the order of the seed; conversations meet others every time."""
    random = Random(seed)  # noqa: S311 (no secret)
    shuffled = list(items)
    random.shuffle(shuffled)
    # Packed by the piece, so that rows differ between epochs and long ones are not all alone.
    piece = 512
    rows = []
    for start in range(0, len(shuffled), piece):
        part = shuffled[start : start + piece]
        rows += [[part[i] for i in row] for row in pack([len(item.ids) for item in part], room)]
    random.shuffle(rows)
    return rows


def collate(rows: Sequence[Sequence[Encoded]], pad: int) -> Batch:
    """Tensors `input_ids`, `position_ids` and `labels`, int64 [rows, tokens of the fullest row].

    Padding has position 0, so that it is a conversation by itself.
    """
    import torch

    width = max(sum(len(item.ids) for item in row) for row in rows)
    ids = torch.full((len(rows), width), pad, dtype=torch.long)
    positions = torch.zeros((len(rows), width), dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORED, dtype=torch.long)
    for number, row in enumerate(rows):
        start = 0
        for item in row:
            end = start + len(item.ids)
            ids[number, start:end] = torch.tensor(item.ids)
            positions[number, start:end] = torch.arange(end - start)
            labels[number, start:end] = torch.tensor(item.labels)
            labels[number, start] = IGNORED  # nothing before it predicts it
            start = end
    return {"input_ids": ids, "position_ids": positions, "labels": labels}


def chunks(rows: Sequence[list[Encoded]], size: int) -> Iterator[Sequence[list[Encoded]]]:
    """Consecutive pieces of `size` rows; the last may be shorter."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
