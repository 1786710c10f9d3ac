"""What is exported computes what the adapter on its base computes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from text2json.commands.export import command
from text2json.llm import ModelError, generate, load, prompt
from text2json.llm_export.gguf import convert
from text2json.llm_export.merge import merge

TOKENS = torch.tensor([[5, 70, 80, 90, 100]])


def greedy(model: torch.nn.Module) -> list[int]:
    with torch.inference_mode():
        found: list[int] = model.generate(
            input_ids=TOKENS,
            attention_mask=torch.ones_like(TOKENS),
            max_new_tokens=12,
            do_sample=False,
        )[0].tolist()
    return found


@pytest.fixture(scope="module")
def merged(tiny: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    base, adapters = tiny
    target = tmp_path_factory.mktemp("merged") / "model"
    arguments = ["merge", str(target), "--base", str(base), "--adapter", str(adapters / "v1")]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    return target


def test_the_merged_folder_is_base_and_adapter(tiny: tuple[Path, Path], merged: Path) -> None:
    base, adapters = tiny
    expected = greedy(load(base, adapters / "v1", device="cpu").model)
    assert greedy(load(merged, device="cpu").model) == expected
    assert expected != greedy(load(base, device="cpu").model)
    assert json.loads((merged / "card.json").read_text())["largest_logit_difference"] < 1e-3


def test_an_existing_folder_is_not_overwritten(tiny: tuple[Path, Path], merged: Path) -> None:
    with pytest.raises(ModelError, match="exists"):
        merge(str(tiny[1] / "v1"), merged, str(tiny[0]))


@pytest.mark.parametrize("options", [[], ["--half"]])
def test_the_gguf_file_is_the_model(merged: Path, tmp_path: Path, options: list[str]) -> None:
    """Read back by transformers, whose reader of GGUF files is not ours."""
    from transformers import AutoModelForCausalLM

    file = tmp_path / "model.gguf"
    done = CliRunner().invoke(command, ["gguf", str(merged), str(file), *options])
    assert done.exit_code == 0, done.output
    again = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=file.name)
    original = load(merged, device="cpu").model
    with torch.inference_mode():
        first, second = (model(input_ids=TOKENS).logits for model in (original, again))
    assert torch.allclose(first, second, atol=0.1 if options else 1e-4)
    if not options:
        assert greedy(again) == greedy(original)


def test_llama_cpp_answers_as_the_model_does(merged: Path, tmp_path: Path) -> None:
    """Its tokenizer, its reading of the chat template, and its arithmetic."""
    reason = "llama.cpp is not installed: uv pip install xllamacpp"
    xllamacpp = pytest.importorskip("xllamacpp", reason=reason)
    convert(merged, tmp_path / "model.gguf")
    messages = [{"role": "user", "content": "Order two boxes for Maria."}]
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(tmp_path / "model.gguf")
    parameters.n_ctx, parameters.cpuparams.n_threads = 512, 1
    answer = xllamacpp.Server(parameters).handle_chat_completions(
        {"messages": messages, "max_tokens": 12, "temperature": 0}
    )
    loaded = load(merged, device="cpu")
    read = loaded.tokenizer(prompt(loaded.tokenizer, messages), add_special_tokens=False)
    [expected] = generate(loaded, [messages], max_new_tokens=12)
    assert answer["usage"]["prompt_tokens"] == len(read["input_ids"])
    # A random model writes bytes that are no characters; these the two show differently
    assert readable(answer["choices"][0]["message"]["content"]) == readable(expected)


def readable(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii())


def test_other_architectures_are_refused(merged: Path, tmp_path: Path) -> None:
    source = tmp_path / "other"
    shutil.copytree(merged, source)
    config = json.loads((source / "config.json").read_text())
    (source / "config.json").write_text(json.dumps(config | {"model_type": "qwen3"}))
    with pytest.raises(ModelError, match="qwen3"):
        convert(source, tmp_path / "x.gguf")


@pytest.mark.parametrize("change", [{"type": "Unigram"}, {"merges": []}])
def test_other_tokenizers_are_refused(
    merged: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    source = tmp_path / "other"
    shutil.copytree(merged, source)
    stored = json.loads((source / "tokenizer.json").read_text())
    stored["model"] |= change
    (source / "tokenizer.json").write_text(json.dumps(stored))
    with pytest.raises(ModelError, match="byte-level"):
        convert(source, tmp_path / "x.gguf")
