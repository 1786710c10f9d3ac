"""Pretrains the small base model and saves it in Hugging Face's format."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from text2json.llm.load import folder_hash
from text2json.llm.settings import Pretraining, load_settings

from . import corpus, tokenizer, words
from .batches import IGNORED, batches

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerBase

Say = Callable[[str], None]
_TOKENIZER_TEXTS = 8000
_WARM_UP = 20


def pretrain(settings: Pretraining, folder: Path, say: Say) -> Path:
    """Make the base model in `folder`, which is replaced in one step when it is done.

    Args:
        settings: shape and training.
        folder: where it goes.
        say: gets lines of progress.
    """
    import torch

    torch.manual_seed(settings.seed)
    began = time.perf_counter()
    learned = _tokenizer(settings)
    model = build(settings, learned)
    count = sum(value.numel() for value in model.parameters())
    say(f"{count:,} parameters, {settings.steps} steps of {settings.tokens:,} tokens")
    seen, loss = _train(model, learned, settings, say)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    learned.save_pretrained(partial)
    card = {
        "name": folder.name,
        "sha256": folder_hash(partial),
        "parameters": count,
        "tokens": seen,
        "loss": round(loss, 4),
        "seconds": round(time.perf_counter() - began, 1),
        "settings": settings.model_dump(),
    }
    (partial / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder


def general(count: int, seed: int) -> list[corpus.Example]:
    """Examples of the general skills, by a seed that pretraining does not use."""
    return list(islice(corpus.stream(seed, corpus.LATER), count))


def corpus_questions(count: int = 5000) -> list[str]:
    """What is said before the last answer of examples that the base model was pretrained on."""
    settings = load_settings().pretraining
    examples = corpus.stream(_seed(settings, 1), corpus.LATER)
    return [
        "\n".join(turn["content"] for turn in messages[:-1])
        for _, messages in islice(examples, count)
    ]


def build(settings: Pretraining, learned: PreTrainedTokenizerBase) -> LlamaForCausalLM:
    """An untrained model of the Llama architecture."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(learned),
        hidden_size=settings.width,
        intermediate_size=settings.feed_forward,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        head_dim=settings.width // settings.heads,
        max_position_embeddings=settings.context,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": settings.rope_theta},
        initializer_range=settings.initial_std,
        pad_token_id=learned.pad_token_id,
        eos_token_id=learned.eos_token_id,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config)


def _tokenizer(settings: Pretraining) -> PreTrainedTokenizerBase:
    examples = islice(corpus.stream(settings.seed + 1, corpus.LATER), _TOKENIZER_TEXTS)
    texts = ("\n".join(m["content"] for m in messages) for _, messages in examples)
    common = [f"{' '.join(words.COMMON)}\n{word}" for word in words.COMMON]
    return tokenizer.train(chain(texts, common), settings.vocabulary, settings.context)


def _train(
    model: LlamaForCausalLM, learned: PreTrainedTokenizerBase, settings: Pretraining, say: Say
) -> tuple[int, float]:
    """Train; tokens seen, and the loss per answer token averaged over the last steps."""
    import torch

    optimizers = _optimizers(model, settings)
    early = round(settings.copying * settings.steps)
    sources = [
        _source(learned, settings, number, mixture)
        for number, mixture in enumerate((corpus.EARLY, corpus.LATER))
    ]
    seen, average = 0, float("nan")
    model.train()
    for step in range(settings.steps):
        inputs, labels = next(sources[step >= early])
        share = _rate(step, settings)
        for optimizer, rate in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * share
        # The output layer sees only the places that predict a token that is to be learned.
        hidden = model.model(input_ids=inputs, use_cache=False).last_hidden_state[:, :-1]
        targets = labels[:, 1:]
        learned = targets != IGNORED
        logits = model.lm_head(hidden[learned])
        loss = torch.nn.functional.cross_entropy(logits, targets[learned])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, _ in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        seen += inputs.numel()
        latest = float(loss.detach())
        average = latest if step == 0 else 0.95 * average + 0.05 * latest
        if (step + 1) % max(1, settings.steps // 10) == 0:
            say(f"step {step + 1}/{settings.steps}  loss {average:.3f}")
    return seen, average


def _source(
    learned: PreTrainedTokenizerBase, settings: Pretraining, number: int, mixture: corpus.Mixture
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    seed = _seed(settings, number)
    return batches(learned, corpus.stream(seed, mixture), settings.tokens, seed)


def _seed(settings: Pretraining, number: int) -> int:
    return Random(f"{settings.seed}/{number}").randrange(2**31)  # noqa: S311 (no secret)


def _optimizers(model: LlamaForCausalLM, settings: Pretraining) -> list[tuple[Any, float]]:
    """Muon (Jordan 2024) for the hidden matrices, AdamW for embeddings and norms."""
    import torch

    matrices = [value for value in model.model.layers.parameters() if value.ndim == 2]  # noqa: PLR2004
    known = {id(value) for value in matrices}
    rest = [value for value in model.parameters() if id(value) not in known]
    return [
        (
            torch.optim.Muon(matrices, lr=settings.muon_rate, momentum=0.95, weight_decay=0.0),
            settings.muon_rate,
        ),
        (
            torch.optim.AdamW(rest, lr=settings.adam_rate, betas=(0.9, 0.95), weight_decay=0.0),
            settings.adam_rate,
        ),
    ]


def _rate(step: int, settings: Pretraining) -> float:
    """Share of the learning rate: up, constant, and down to zero at the end."""
    falling = (settings.steps - step) / (settings.steps * settings.cool_down)
    return min(1.0, (step + 1) / _WARM_UP, falling)
