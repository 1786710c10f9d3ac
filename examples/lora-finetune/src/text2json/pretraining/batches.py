"""Batches for pretraining: examples of similar length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from .corpus import Example

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
_POOL = 600  # examples that are sorted by length together
#: Tokens of a conversation, and for each whether the model is to learn it.
Row = tuple[list[int], list[bool]]


def encode(tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example]) -> list[Row]:
    """Conversations by the tokenizer's chat template; what the assistant says is to be learned."""
    turns = [(number, turn) for number, (_, turns) in enumerate(examples) for turn in turns]
    texts = [str(tokenizer.apply_chat_template([turn], tokenize=False)) for _, turn in turns]
    rows: list[Row] = [([], []) for _ in examples]
    found = tokenizer(texts, add_special_tokens=False)["input_ids"]
    for (number, turn), ids in zip(turns, found, strict=True):
        answered = turn["role"] == "assistant"
        rows[number][0].extend(ids)
        # The first token says who speaks: given when the model is asked, and not learned.
        rows[number][1].extend([False, *[answered] * (len(ids) - 1)])
    return rows


def batches(
    tokenizer: PreTrainedTokenizerBase, examples: Iterator[Example], tokens: int, seed: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Endless inputs and labels, int64 [rows, longest], of about `tokens` tokens each."""
    random = Random(seed)  # noqa: S311 (no secret)
    while True:
        pool = sorted(encode(tokenizer, list(islice(examples, _POOL))), key=lambda row: len(row[0]))
        found = list(_cut(pool, tokens))
        random.shuffle(found)
        for rows in found:
            yield _padded(rows, tokenizer.pad_token_id)


def _cut(rows: Sequence[Row], tokens: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        if batch and (len(batch) + 1) * len(row[0]) > tokens:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def _padded(rows: Sequence[Row], pad: object) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    width = max(len(row) for row, _ in rows)
    inputs = torch.full((len(rows), width), pad if isinstance(pad, int) else 0)
    labels = torch.full((len(rows), width), IGNORED)
    for number, (row, wanted) in enumerate(rows):
        tokens = torch.tensor(row)
        inputs[number, : len(row)] = tokens
        labels[number, : len(row)] = tokens.where(torch.tensor(wanted), IGNORED)
    return inputs, labels
