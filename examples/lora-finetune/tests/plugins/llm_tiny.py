"""A tiny random model in Hugging Face's format, and adapters on it: real files, no meaning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MERGES = [("e", "r"), ("o", "r"), ("or", "d")]
SPECIAL = ("<|end|>", "<|system|>", "<|user|>", "<|assistant|>")


def make_base(folder: Path, seed: int = 0) -> Path:
    """Write a Llama of two layers with a tokenizer over bytes and a few pairs."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {text: place for place, text in enumerate([*SPECIAL, *alphabet])}
    vocabulary |= {"".join(pair): len(vocabulary) + place for place, pair in enumerate(MERGES)}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=MERGES))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token=SPECIAL[0],
        pad_token=SPECIAL[0],
        additional_special_tokens=list(SPECIAL[1:]),
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32_768,
        initializer_range=0.3,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def make_adapter(base: Path, folder: Path, seed: int) -> Path:
    """Write a LoRA adapter of random weights, as a training run would leave it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = LoraConfig(
        r=4,
        lora_alpha=16,
        target_modules="all-linear",
        init_lora_weights=False,
        task_type="CAUSAL_LM",
    )
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(str(folder))
    card = {"version": folder.name, "base": {"name": base.name}, "method": "lora", "metrics": {}}
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def make_models(folder: Path) -> tuple[Path, Path]:
    """A base and two adapters, champion `v1` and challenger `v2.1`; returns both folders."""
    base, adapters = make_base(folder / "base" / "tiny"), folder / "adapters"
    for seed, version in enumerate(("v1", "v2.1"), start=1):
        make_adapter(base, adapters / version, seed)
    write_aliases(adapters, champion="v1", challenger="v2.1")
    return base, adapters


def write_aliases(adapters: Path, **aliases: str) -> None:
    """Name versions, in one step."""
    temporary = adapters / "aliases.new"
    temporary.write_text(json.dumps(aliases))
    temporary.replace(adapters / "aliases.json")


def service_environment(folder: Path) -> dict[str, str]:
    """What the service needs to answer, see `plugins.http_api`."""
    base, adapters = make_models(folder)
    return {
        "APP_LLM_BASE": str(base),
        "APP_LLM_ADAPTERS": str(adapters),
        "APP_LLM_DEVICE": "cpu",
        "APP_LLM_THREADS": "1",
        # Random requests are many; what they are answered with does not get better by length.
        "APP_LLM_CONTEXT": "1024",
        "APP_LLM_MAX_TOKENS": "8",
    }


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the base and of the adapters."""
    return make_models(tmp_path_factory.mktemp("models"))
