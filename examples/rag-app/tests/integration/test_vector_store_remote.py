"""What Weaviate and Pinecone need beyond the contract: limits, delays, failures, addresses."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import numpy as np
import pytest
from plugins.vector_store import DIMENSIONS, SIGNATURE, OpenStore, make_chunk, make_entries
from plugins.vector_store_pinecone import KEY, Project
from plugins.vector_store_weaviate import MOST_DELETED
from pydantic import SecretStr

from docs_qa.store import Entry, StoreError, StoreSettings
from docs_qa.store.backends import open_store
from docs_qa.store.types import Sentences


def large_entry(document: str = "a.md") -> Entry:
    """An entry whose sentences do not fit into 40 KB, as those of a model with 1536 dimensions."""
    (made,) = make_entries(make_chunk("Late returns cost ten cents.", document))
    codes = np.random.default_rng(7).integers(-127, 128, (32, 1536)).astype(np.int8)
    spans = tuple((i, i + 1) for i in range(32))
    return replace(made, sentences=Sentences(spans, codes, np.ones(32, np.float32)))


def test_pinecone_keeps_large_sentences_in_pieces(
    open_pinecone: OpenStore, pinecone_project: Project
) -> None:
    store = open_pinecone()
    large, other = large_entry(), large_entry("b.md")
    store.upsert([large, other])
    assert store.count() == 2
    (found,) = store.get([large.chunk.id])
    np.testing.assert_array_equal(found.sentences.codes, large.sentences.codes)
    store.delete("a.md")
    pieces = pinecone_project.namespaces["sentences"]
    while pieces.pending:
        pieces.settle()
    assert {name[:36] for name in pieces.documents} == {other.chunk.id}


def test_pinecone_says_when_a_chunk_is_too_large(open_pinecone: OpenStore) -> None:
    chunk = make_chunk("words", metadata={"note": "x" * 30_000})
    with pytest.raises(StoreError, match=r"a\.md: its metadata is too long"):
        open_pinecone().upsert(make_entries(chunk))


def test_pinecone_does_not_call_a_write_done_that_cannot_be_found(
    pinecone_settings: StoreSettings, pinecone_project: Project
) -> None:
    pinecone_project.lag = 60
    hasty = pinecone_settings.model_copy(update={"store_timeout": 3})
    store = open_store(hasty, SIGNATURE)
    with pytest.raises(StoreError, match=r"not applied it within 3 s; raise APP_STORE_TIMEOUT"):
        store.upsert(make_entries(make_chunk("words")))
    store.close()


def test_pinecone_makes_the_index_where_it_is_told(
    open_pinecone: OpenStore, pinecone_project: Project
) -> None:
    store = open_pinecone()
    (index,) = pinecone_project.indexes.values()
    assert index["name"] == "test-passages"
    assert index["deployment"]["region"] == "europe-west4"
    assert index["schema"]["fields"]["vector"]["dimension"] == DIMENSIONS
    assert store.identity.startswith(str(SIGNATURE))


def test_pinecone_refuses_an_index_of_somebody_else(
    open_pinecone: OpenStore, pinecone_project: Project
) -> None:
    open_pinecone()
    pinecone_project.indexes["test-passages"]["tags"] = {"team": "search"}
    with pytest.raises(StoreError, match="something unknown"):
        open_pinecone()


@pytest.mark.parametrize(("key", "reason"), [(f"not {KEY}", "wrong key"), ("", "[Aa][Pp][Ii] key")])
def test_pinecone_explains_a_refused_key(
    pinecone_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch, key: str, reason: str
) -> None:
    monkeypatch.delenv("PINECONE_API_KEY", raising=False)
    wrong = pinecone_settings.model_copy(update={"store_key": SecretStr(key)})
    with pytest.raises(StoreError, match=f"Pinecone: .*{reason}"):
        open_store(wrong, SIGNATURE)


def test_weaviate_deletes_more_than_one_call_does(open_weaviate: OpenStore) -> None:
    store = open_weaviate()
    chunks = [make_chunk(f"words {i}", index=i) for i in range(2 * MOST_DELETED + 1)]
    store.upsert(make_entries(*chunks, make_chunk("other", "b.md")))
    store.delete("a.md")
    assert [chunk.document for chunk in store.scan()] == ["b.md"]


def test_weaviate_reports_what_the_server_did_not_store(open_weaviate: OpenStore) -> None:
    store = open_weaviate()
    good, bad = make_entries(make_chunk("words"), make_chunk("other", "b.md"))
    shorter = replace(bad, vector=bad.vector[:5])
    with pytest.raises(StoreError, match="vector lengths don't match"):
        store.upsert([good, shorter])


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://localhost"])
def test_weaviate_needs_an_address(weaviate_settings: StoreSettings, url: str) -> None:
    with pytest.raises(StoreError, match="needs APP_STORE_URL"):
        open_store(weaviate_settings.model_copy(update={"store_url": url}), SIGNATURE)


@pytest.mark.parametrize(
    ("half", "reason"), [("http", "Could not connect"), ("grpc", "gRPC port .* does not answer")]
)
def test_weaviate_says_when_it_cannot_be_reached(
    weaviate_settings: StoreSettings, half: str, reason: str
) -> None:
    http, _, grpc = weaviate_settings.store_url.partition("?")
    closed = f"http://127.0.0.1:9?{grpc}" if half == "http" else f"{http}?grpc=127.0.0.1:9"
    changed = {"store_url": closed, "store_timeout": 1}
    with pytest.raises(StoreError, match=f"the Weaviate server.*{reason}"):
        open_store(weaviate_settings.model_copy(update=changed), SIGNATURE)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8080", ("localhost", 50051)),
        ("https://search.example", ("search.example", 50051)),
        ("https://search.example?grpc=rpc.example", ("rpc.example", 443)),
        ("http://search?grpc=search:9000", ("search", 9000)),
        ("https://x.c0.weaviate.cloud", ("grpc-x.c0.weaviate.cloud", 443)),
    ],
)
def test_where_grpc_is_expected(url: str, expected: tuple[str, int]) -> None:
    backend = "docs_qa.store.backends.weaviate"
    weaviate = pytest.importorskip(backend)
    assert weaviate._grpc(urlsplit(url)) == expected
