"""The built-in embedding model, run by onnxruntime: LangChain's `Embeddings`, without PyTorch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings

from docs_qa.store.types import StoreError, Vector

if TYPE_CHECKING:
    from tokenizers import Encoding

BATCH_TOKENS = 2048
"""Padded tokens per run: larger batches leave the processor's cache and are slower."""
_WINDOW = 4096  # texts that are tokenised and sorted together


class TextTooLongError(StoreError):
    """A text has more tokens than the model reads; embedding its beginning would hide the rest."""


class OnnxEmbeddings(Embeddings):
    """Sentence embeddings from an ONNX file and a tokenizer; any number of threads may use it.

    Attributes:
        name: of the model, with the version of how it was made.
        dimensions: D.
        max_tokens: that the model reads, [CLS] and [SEP] included.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load and verify the files of a folder.

        Args:
            folder: holds `embedding.json` and the files that it names.
            threads: for one run of the model; 0 is one per core.

        Raises:
            StoreError: the folder is incomplete, or a file does not have the recorded hash.
        """
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        facts, files = _read(folder)
        self.name: str = facts["name"]
        self.dimensions: int = facts["dimensions"]
        self.max_tokens: int = facts["max_tokens"]
        self._tokenizer = Tokenizer.from_str(files["tokenizer.json"].decode())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()  # the published file cuts at 128 tokens
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Idle threads that spin would take the processor from the rest of the service.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(files["model.onnx"], options, providers)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts (LangChain's interface; `encode` returns an array instead)."""
        vectors: list[list[float]] = self.encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed a question; what exceeds the model's length is cut off."""
        ids = self._tokenizer.encode(text).ids
        if len(ids) > self.max_tokens:
            ids = [*ids[: self.max_tokens - 1], ids[-1]]
        vector: list[float] = self._run([ids])[0].tolist()
        return vector

    def encode(self, texts: Sequence[str]) -> Vector:
        """Embed texts, of similar length together, so that little is computed on padding.

        Returns:
            float32 [N, D], rows of unit length, in the order of the texts.

        Raises:
            TextTooLongError: a text has more than `max_tokens` tokens.
        """
        out = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _WINDOW):
            encodings = self._tokenizer.encode_batch_fast(list(texts[start : start + _WINDOW]))
            ids = [encoding.ids for encoding in encodings]
            self._refuse_long(encodings)
            for rows in _batches([len(x) for x in ids]):
                out[[start + row for row in rows]] = self._run([ids[row] for row in rows])
        return out

    def count(self, text: str) -> int:
        """Return the number of tokens of a text, without [CLS] and [SEP]."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def fits(self, text: str) -> bool:
        """Return whether the model reads all of a text."""
        return len(self._tokenizer.encode(text).ids) <= self.max_tokens

    def _run(self, ids: Sequence[Sequence[int]]) -> Vector:
        lengths = np.array([len(row) for row in ids])
        mask = np.arange(lengths.max()) < lengths[:, None]
        padded = np.zeros(mask.shape, dtype=np.int64)
        padded[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in ids])
        inputs = {"input_ids": padded, "attention_mask": mask.astype(np.int64)}
        vectors: Vector = self._session.run(["embedding"], inputs)[0]
        return vectors

    def _refuse_long(self, encodings: Sequence[Encoding]) -> None:
        longest = max((len(encoding.ids) for encoding in encodings), default=0)
        if longest > self.max_tokens:
            raise TextTooLongError(
                f"a text has {longest} tokens, {self.name} reads {self.max_tokens}: split it "
                "(config/documents.toml, chunks)"
            )


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield row numbers by falling length, in groups of at most BATCH_TOKENS padded tokens."""
    order = np.argsort(lengths, kind="stable")[::-1].tolist()
    start = 0
    while start < len(order):
        size = max(1, BATCH_TOKENS // lengths[order[start]])
        yield order[start : start + size]
        start += size


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    described = folder / "embedding.json"
    try:
        facts = json.loads(described.read_text(encoding="utf-8"))
        files = {name: (folder / name).read_bytes() for name in facts["files"]}
    except FileNotFoundError as error:
        raise StoreError(
            f"{error.filename} is missing: run `docs-qa embeddings build`",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{described}: {error}") from error
    for name, content in files.items():
        if sha256(content).hexdigest() != facts["files"][name]:
            raise StoreError(
                f"{folder / name} is damaged: run `docs-qa embeddings build`",
            )
    return facts, files
