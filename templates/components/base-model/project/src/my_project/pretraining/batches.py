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
Tokens = tuple[list[int], list[int]]


def encode(tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example]) -> list[Tokens]:
    """Tokens of the prompt and of the answer, by the tokenizer's chat template."""
    prompts = [
        str(
            tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True, tokenize=False)
        )
        for _, messages in examples
    ]
    answers = [f"{messages[-1]['content']}{tokenizer.eos_token}" for _, messages in examples]
    encoded = [
        tokenizer(texts, add_special_tokens=False)["input_ids"] for texts in (prompts, answers)
    ]
    return list(zip(*encoded, strict=True))


def batches(
    tokenizer: PreTrainedTokenizerBase, examples: Iterator[Example], tokens: int, seed: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Endless inputs and labels, int64 [rows, longest], of about `tokens` tokens each."""
    random = Random(seed)  # noqa: S311 (no secret)
    while True:
        pool = encode(tokenizer, list(islice(examples, _POOL)))
        pool.sort(key=lambda row: len(row[0]) + len(row[1]))
        found = list(_cut(pool, tokens))
        random.shuffle(found)
        for rows in found:
            yield _padded(rows, tokenizer.pad_token_id)


def _cut(rows: Sequence[Tokens], tokens: int) -> Iterator[list[Tokens]]:
    batch: list[Tokens] = []
    for row in rows:
        if batch and (len(batch) + 1) * (len(row[0]) + len(row[1])) > tokens:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def _padded(rows: Sequence[Tokens], pad: object) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    width = max(len(prompt) + len(answer) for prompt, answer in rows)
    inputs = torch.full((len(rows), width), pad if isinstance(pad, int) else 0)
    labels = torch.full((len(rows), width), IGNORED)
    for number, (prompt, answer) in enumerate(rows):
        end = len(prompt) + len(answer)
        inputs[number, :end] = torch.tensor([*prompt, *answer])
        labels[number, len(prompt) : end] = torch.tensor(answer)
    return inputs, labels
