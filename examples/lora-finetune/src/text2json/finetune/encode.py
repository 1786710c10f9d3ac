"""Conversations as tokens, with labels on the answer only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from text2json.llm.generate import merged_system, prompt
from text2json.sft.rows import Row

from .errors import FinetuneError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100


@dataclass(frozen=True, slots=True)
class Encoded:
    """One conversation.

    Attributes:
        ids: tokens of the prompt and the answer.
        labels: the same, with `IGNORED` on everything that is not the answer.
    """

    ids: list[int]
    labels: list[int]

    @property
    def learned(self) -> int:
        """Number of tokens that have a label."""
        return sum(label != IGNORED for label in self.labels)


def encode(
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[Row],
    longest: int,
    *,
    system_role: bool = True,
) -> list[Encoded]:
    """Apply the chat template; the answer, with the mark that ends it, is what is learned.

    Raises:
        FinetuneError: a conversation is longer than `longest` tokens, or the template changes the
            prompt once there is an answer, so that the two cannot be told apart.
    """
    prompts, whole = [], []
    for row in rows:
        before = prompt(tokenizer, row.question, system_role=system_role)
        said = [message.model_dump() for message in row.messages]
        shown = said if system_role else [dict(message) for message in merged_system(said)]
        text = str(tokenizer.apply_chat_template(shown, tokenize=False))
        if not text.startswith(before):
            raise FinetuneError(
                f"row {row.id}: the chat template writes the prompt differently once it is "
                "answered; name a template that does not by chat_template in config/model.toml"
            )
        prompts.append(before)
        whole.append(text.rstrip("\n"))
    first = tokenizer(prompts, add_special_tokens=False)["input_ids"]
    rest = tokenizer(
        [text[len(before) :] for text, before in zip(whole, prompts, strict=True)],
        add_special_tokens=False,
    )["input_ids"]
    found = []
    for row, asked, answer in zip(rows, first, rest, strict=True):
        if len(asked) + len(answer) > longest:
            raise FinetuneError(
                f"row {row.id} has {len(asked) + len(answer)} tokens and row_tokens is {longest}: "
                "raise it in config/finetune.toml, or shorten the row"
            )
        found.append(Encoded([*asked, *answer], [IGNORED] * len(asked) + list(answer)))
    return found
