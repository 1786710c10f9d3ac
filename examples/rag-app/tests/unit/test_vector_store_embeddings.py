"""The built-in model, the cache around any model, and models of others."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from plugins.vector_store import DIMENSIONS, tiny_encoder

from docs_qa.store import StoreError, StoreSettings
from docs_qa.store.embeddings import build as building
from docs_qa.store.embeddings import open_encoder
from docs_qa.store.embeddings.minilm import (
    BATCH_TOKENS,
    OnnxEmbeddings,
    TextTooLongError,
    _batches,
)

SIMILAR = ("How much is a late return?", "What does it cost to bring a book back late?")
REFERENCE = (0.0439, 0.0589, 0.0482, 0.0775, 0.0267, -0.0376, -0.0026, -0.0599)
OTHER = "The brewery was built of red bricks."


@pytest.fixture(scope="module")
def model(embedding_dir: Path) -> OnnxEmbeddings:
    return OnnxEmbeddings(embedding_dir, threads=1)


def test_meaning_is_near(model: OnnxEmbeddings) -> None:
    one, two, other = model.encode([*SIMILAR, OTHER])
    assert float(one @ two) > 0.5
    assert float(one @ other) < 0.2
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)


def test_published_reference(model: OnnxEmbeddings) -> None:
    """The first values that the original model gives for this sentence, in 32 bits."""
    (vector,) = model.encode(["The quick brown fox jumps over the lazy dog."])
    reference = np.array(REFERENCE)
    here = vector[: len(reference)]
    assert np.abs(here - reference).max() < 0.015


def test_order_and_batches_do_not_matter(model: OnnxEmbeddings) -> None:
    texts = [" ".join(["word"] * n) + f" number {n}" for n in (60, 1, 200, 5, 120, 2)]
    together = model.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        alone = np.array(model.embed_query(text))
        assert float(alone @ vector) > 0.98
    assert np.array(model.embed_documents(texts[:2])).shape == (2, model.dimensions)
    assert model.encode([]).shape == (0, model.dimensions)


def test_batches_hold_every_row_once_and_stay_small() -> None:
    lengths = [3, 256, 17, 256, 100, 8, 8, 8, 250] * 20
    found = list(_batches(lengths))
    assert sorted(row for batch in found for row in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[row] for row in batch) <= BATCH_TOKENS for batch in found)


def test_a_long_chunk_is_refused_and_a_long_question_cut(model: OnnxEmbeddings) -> None:
    long = "library " * 300
    assert model.count(long) == 300
    assert not model.fits(long)
    assert model.fits("library " * 254)
    assert not model.fits("library " * 255)
    with pytest.raises(TextTooLongError, match="302 tokens"):
        model.encode(["short", long])
    assert len(model.embed_query(long)) == model.dimensions


def test_threads_share_a_model(model: OnnxEmbeddings) -> None:
    expected = np.array(model.embed_query(SIMILAR[0]))
    found: list[float] = []

    def ask() -> None:
        answers = [np.array(model.embed_query(SIMILAR[0])) for _ in range(5)]
        found.extend(float(answer @ expected) for answer in answers)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert min(found) == pytest.approx(1, abs=1e-5)


def test_building_again_gives_the_same_model(model: OnnxEmbeddings, tmp_path: Path) -> None:
    pytest.importorskip(building.PACKAGE, reason="the group `train` is not installed")
    building.build(tmp_path / "model")
    again = OnnxEmbeddings(tmp_path / "model", threads=1)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "embedding.json",
        "model.onnx",
        "tokenizer.json",
    ]
    cosines = (again.encode(SIMILAR) * model.encode(SIMILAR)).sum(axis=1)
    assert cosines.min() > 0.999


def test_building_again_does_nothing(embedding_dir: Path) -> None:
    before = (embedding_dir / "model.onnx").stat().st_mtime_ns
    assert building.build(embedding_dir) == embedding_dir / "embedding.json"
    assert (embedding_dir / "model.onnx").stat().st_mtime_ns == before


def test_other_weights_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(StoreError, match="is not the published file"):
        building.build(tmp_path / "out", source)
    with pytest.raises(StoreError, match="is missing"):
        building.build(tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_missing_package_is_explained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(building, "PACKAGE", "no_such_package_anywhere")
    with pytest.raises(StoreError, match=r"no-such-package-anywhere.*make setup"):
        building.build(tmp_path / "out")


def test_damage_is_noticed(embedding_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(embedding_dir, folder)
    assert building.is_intact(folder)
    with (folder / "tokenizer.json").open("a") as file:
        file.write(" ")
    assert not building.is_intact(folder)
    with pytest.raises(StoreError, match=r"tokenizer\.json is damaged"):
        OnnxEmbeddings(folder)
    (folder / "embedding.json").write_text("{}")
    assert not building.is_intact(folder)
    with pytest.raises(StoreError, match=r"embedding\.json"):
        OnnxEmbeddings(folder)
    (folder / "embedding.json").unlink()
    with pytest.raises(StoreError, match="embeddings build"):
        OnnxEmbeddings(folder)


def test_questions_are_cached() -> None:
    encoder = tiny_encoder(cache=2)
    first = encoder.query("one")
    assert encoder.query("one") is first
    assert not first.flags.writeable
    assert encoder.stats == (1, 1)
    encoder.query("two")
    encoder.query("one")
    encoder.query("three")  # forgets "two", asked longest ago
    assert encoder.query("one") is first
    encoder.query("two")
    assert encoder.stats == (3, 4)
    assert np.linalg.norm(first) == pytest.approx(1)


def test_without_a_cache_nothing_is_kept() -> None:
    encoder = tiny_encoder(cache=0)
    encoder.query("one")
    encoder.query("one")
    assert encoder.stats == (0, 2)
    assert encoder.counter is None
    assert encoder.documents([]).shape == (0, DIMENSIONS)


class OpenAiServer(BaseHTTPRequestHandler):
    """Answers `POST /embeddings` as OpenAI does; refuses token ids, as most other servers do."""

    requests: list[dict[str, object]]

    def do_POST(self) -> None:
        """Embed each text as its length and 1."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append(body | {"authorization": self.headers["Authorization"]})
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        if not all(isinstance(text, str) for text in texts):
            self.send_error(422)
            return
        data = [
            {"object": "embedding", "index": i, "embedding": [float(len(text)), 1.0]}
            for i, text in enumerate(texts)
        ]
        answer = {
            "object": "list",
            "model": "m",
            "data": data,
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
        """Say nothing."""


@pytest.fixture
def openai_server() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """The address of a server with OpenAI's API, and the requests it got."""
    requests: list[dict[str, object]] = []
    handler = type("Handler", (OpenAiServer,), {"requests": requests})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1", requests
        server.shutdown()
        thread.join()


def test_another_model_by_configuration(
    openai_server: tuple[str, list[dict[str, object]]],
    store_settings: StoreSettings,
) -> None:
    url, requests = openai_server
    changes = {
        "embeddings": "openai:some-model",
        "embeddings_url": url,
        "embeddings_key": "made-up",
    }
    encoder = open_encoder(StoreSettings.model_validate(store_settings.model_dump() | changes))
    assert (encoder.name, encoder.dimensions) == ("openai:some-model", 2)
    vectors = encoder.documents(["abc", "a"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0, 0] / vectors[0, 1] == pytest.approx(3, abs=1e-4)
    assert requests[-1]["model"] == "some-model"
    assert requests[-1]["authorization"] == "Bearer made-up"
    assert encoder.fits("anything " * 10_000)


@pytest.mark.parametrize("name", ["openai:gpt", "nonsense", "nosuchprovider:model"])
def test_a_model_that_does_not_answer_is_explained(
    name: str,
    store_settings: StoreSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = store_settings.model_copy(update={"embeddings": name})
    with pytest.raises(StoreError, match=f"APP_EMBEDDINGS={name}"):
        open_encoder(settings)
