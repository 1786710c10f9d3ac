"""A Llama model as one GGUF file, the format of llama.cpp and Ollama.

Only what the small base of this project needs is done here: the Llama architecture with a
byte-level BPE tokenizer, in 32 or 16 bits. For other architectures and for quantised files use
`convert_hf_to_gguf.py` and `llama-quantize` of llama.cpp on the merged folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2json.llm import ModelError

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFWriter
    from numpy.typing import NDArray

    Weights = NDArray[np.float32]

_NORMAL, _CONTROL = 1, 3  # kinds of token
_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def convert(source: Path, target: Path, *, half: bool = False) -> int:
    """Write the model in the folder `source` to `target`, and compare what is read back.

    Args:
        source: a folder in Hugging Face's format.
        target: the file.
        half: matrices in 16 bits; vectors stay in 32.

    Returns:
        Number of tensors.

    Raises:
        ModelError: it is no Llama model, its tokenizer is of another kind, gguf is not installed,
            or the file does not hold what was written.
    """
    try:
        from gguf import GGUFWriter, LlamaFileType
    except ImportError as error:
        raise ModelError("gguf is not installed: uv sync --extra gguf") from error
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type") != "llama":
        raise ModelError(
            f"{source}: {config.get('model_type')} is not Llama; use llama.cpp's own converter"
        )
    tensors = _tensors(source, config, half=half)
    writer = GGUFWriter(str(target), "llama")
    writer.add_name(source.name)
    writer.add_file_type(LlamaFileType.MOSTLY_F16 if half else LlamaFileType.ALL_F32)
    _write_config(writer, config)
    _write_tokenizer(writer, source, config)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    _verify(target, tensors)
    return len(tensors)


def _write_config(writer: GGUFWriter, config: dict[str, Any]) -> None:
    heads = config["num_attention_heads"]
    size = config.get("head_dim") or config["hidden_size"] // heads
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type", "default") != "default":
        raise ModelError("scaled rotary embeddings: use llama.cpp's own converter")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(float(rope.get("rope_theta") or config.get("rope_theta") or 10000.0))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def _write_tokenizer(writer: GGUFWriter, source: Path, config: dict[str, Any]) -> None:
    stored = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    model = stored["model"]
    byte_level = model["type"] == "BPE" and "ByteLevel" in json.dumps(stored["decoder"])
    if not byte_level or not model["merges"]:  # llama.cpp reads no tokenizer without merges
        raise ModelError(f"{source}: not a byte-level BPE tokenizer; use llama.cpp's own converter")
    ids = dict(model["vocab"])
    special = {token["content"]: token["id"] for token in stored.get("added_tokens", [])}
    places = {place: text for text, place in (ids | special).items()}
    texts = [places.get(place, f"<|unused{place}|>") for place in range(config["vocab_size"])]
    control = {*special, *(text for text in texts if text not in ids)}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(texts)
    writer.add_token_types([_CONTROL if text in control else _NORMAL for text in texts])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in model["merges"]])
    for add, name in (
        (writer.add_bos_token_id, "bos_token_id"),
        (writer.add_eos_token_id, "eos_token_id"),
        (writer.add_pad_token_id, "pad_token_id"),
    ):
        if isinstance(config.get(name), int):
            add(config[name])
    writer.add_add_bos_token(value=False)  # the template writes special tokens itself
    template = source / "chat_template.jinja"
    if template.is_file():
        writer.add_chat_template(template.read_text(encoding="utf-8"))


def _tensors(source: Path, config: dict[str, Any], *, half: bool) -> dict[str, Weights]:
    """The weights under GGUF's names, as they will be written."""
    import numpy as np
    from safetensors import safe_open

    heads = config["num_attention_heads"]
    counts = {"attn_q": heads, "attn_k": config.get("num_key_value_heads") or heads}
    found: dict[str, Weights] = {}
    for path in sorted(source.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 (not a dictionary)
                new = _renamed(name)
                tensor = file.get_tensor(name).float().numpy()
                part = new.removesuffix(".weight").rpartition(".")[2]
                if part in counts:
                    tensor = _permuted(tensor, counts[part])
                if half and tensor.ndim > 1:
                    tensor = tensor.astype(np.float16)
                found[new] = np.ascontiguousarray(tensor)
    return found


def _renamed(name: str) -> str:
    """A weight's name in GGUF.

    Raises:
        ModelError: GGUF has none for it.
    """
    stem, _, kind = name.rpartition(".")
    block = ""
    if stem.startswith("model.layers."):
        _, _, number, stem = stem.split(".", 3)
        block = f"blk.{number}."
    if stem not in _NAMES or kind != "weight":
        raise ModelError(f"{name} has no place in a Llama GGUF; use llama.cpp's own converter")
    return f"{block}{_NAMES[stem]}.{kind}"


def _permuted(tensor: Weights, heads: int) -> Weights:
    """Rows in the order of llama.cpp's rotary embedding, which rotates neighbours, not halves."""
    rows, columns = tensor.shape
    return (
        tensor.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)
    )


def _verify(target: Path, tensors: dict[str, Weights]) -> None:
    import numpy as np
    from gguf import GGUFReader

    read = {tensor.name: tensor for tensor in GGUFReader(str(target)).tensors}
    for name, tensor in tensors.items():
        if name not in read or not np.array_equal(read[name].data.reshape(tensor.shape), tensor):
            raise ModelError(f"{target}: {name} is not what was written")
