"""Prompts as the model's own chat template renders them, and batched greedy answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from .load import Loaded

Message = Mapping[str, str]


def merged_system(messages: Sequence[Message]) -> list[Message]:
    """The same conversation for a template without system messages: the text goes to the user."""
    if not messages or messages[0]["role"] != "system":
        return list(messages)
    system, first, *rest = messages
    text = f"{system['content']}\n\n{first['content']}"
    return [{"role": first["role"], "content": text}, *rest]


def prompt(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, system_role: bool = True
) -> str:
    """Everything before the answer, as the chat template says it, ready to be continued."""
    shown = messages if system_role else merged_system(messages)
    text = tokenizer.apply_chat_template(
        [dict(message) for message in shown], add_generation_prompt=True, tokenize=False
    )
    return str(text)


def generate(
    loaded: Loaded,
    conversations: Sequence[Sequence[Message]],
    *,
    max_new_tokens: int = 128,
    batch: int = 64,
) -> list[str]:
    """The answer to each conversation: greedy, so that it can be repeated.

    Args:
        loaded: as `load` gives it.
        conversations: each ends with a message of the user.
        max_new_tokens: longest answer.
        batch: conversations at once; those of similar length go together.
    """
    import torch

    texts = [
        prompt(loaded.tokenizer, messages, system_role=loaded.system_role)
        for messages in conversations
    ]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    answers = [""] * len(texts)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        # The template has written the special tokens already.
        encoded = loaded.tokenizer(
            [texts[index] for index in chosen],
            return_tensors="pt",
            padding=True,
            add_special_tokens=False,
            return_token_type_ids=False,
        ).to(loaded.device)
        with torch.inference_mode():
            produced = loaded.model.generate(
                **encoded,
                max_new_tokens=max_new_tokens,
                do_sample=False,
                pad_token_id=loaded.tokenizer.pad_token_id,
            )
        new = produced[:, encoded["input_ids"].shape[1] :]
        for index, text in zip(
            chosen, loaded.tokenizer.batch_decode(new, skip_special_tokens=True), strict=True
        ):
            answers[index] = text
    return answers
