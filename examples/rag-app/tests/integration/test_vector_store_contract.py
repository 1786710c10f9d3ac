"""What every back end promises; a new one is a line in `plugins.vector_store.BACKENDS`."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from plugins.vector_store import (
    DIMENSIONS,
    SIGNATURE,
    OpenStore,
    ids,
    make_chunk,
    make_entries,
    tiny_encoder,
)

from docs_qa.store import Hit, Signature, Store, StoreError

FEES = make_chunk("Late returns cost ten cents per day.", "fees.md", metadata={"year": "2026"})
CARDS = make_chunk(
    "Cards are free for pupils and students.", "cards.md", index=1, metadata={"year": "2025"}
)
ROOMS = make_chunk(
    "Rooms can be booked for two hours.", "rooms.md", index=2, metadata={"year": "2026"}
)
ALL = (FEES, CARDS, ROOMS)


def fill(store: Store) -> None:
    store.upsert(make_entries(*ALL))


def names(hits: Sequence[Hit]) -> list[str]:
    return [hit.chunk.document for hit in hits]


def vector(text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    found: np.ndarray[tuple[int], np.dtype[np.float32]] = tiny_encoder().query(text)
    return found


def test_an_empty_store_answers(store: Store) -> None:
    assert store.count() == 0
    assert store.dense(vector("fees"), 5) == []
    assert store.lexical("fees", 5) == []
    assert store.get([FEES.id]) == []
    assert list(store.scan()) == []
    store.delete("nothing.md")
    store.upsert([])


def test_chunks_come_back_as_they_were(store: Store) -> None:
    made = make_entries(*ALL)
    store.upsert(made)
    assert store.count() == 3
    found = store.get([ROOMS.id, FEES.id])
    assert [entry.chunk for entry in found] == [ROOMS, FEES]
    np.testing.assert_allclose(found[1].vector, made[0].vector, atol=1e-6)
    assert found[1].sentences.spans == made[0].sentences.spans
    np.testing.assert_array_equal(found[1].sentences.codes, made[0].sentences.codes)
    np.testing.assert_array_equal(found[1].sentences.scales, made[0].sentences.scales)
    assert sorted(store.scan(), key=lambda chunk: chunk.index) == list(ALL)


def test_any_text_comes_back(store: Store) -> None:
    chunk = make_chunk(
        "Zeile\n\t«Übermut» 読書 \U0001f4da \"quoted\" 'single' \\ back; DROP TABLE chunks; --",
        "odd \"name\" 'and' folder/ü.md",
        metadata={"owner": 'O\'Brien & "Söhne"', "dotted": '{"a.b": [1]}'},
    )
    store.upsert(make_entries(chunk))
    assert [entry.chunk for entry in store.get([chunk.id])] == [chunk]
    assert names(store.lexical("übermut", 3)) == [chunk.document]
    assert names(store.lexical("読書", 3, {"document": chunk.document})) == [chunk.document]
    store.delete(chunk.document)
    assert store.count() == 0


def test_dense_is_ordered_by_cosine(store: Store) -> None:
    fill(store)
    hits = store.dense(vector("Cards are free for pupils and students."), 3)
    assert names(hits)[0] == "cards.md"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    query = vector("Cards are free for pupils and students.")
    by_id = {entry.chunk.id: entry for entry in make_entries(*ALL)}
    for hit in hits:
        assert hit.score == pytest.approx(float(by_id[hit.chunk.id].vector @ query), abs=1e-4)
    assert len(store.dense(query, 2)) == 2


def test_lexical_finds_words_and_nothing_else(store: Store) -> None:
    fill(store)
    hits = store.lexical("What does a late return cost?", 5)
    assert names(hits)[0] == "fees.md"
    assert all(hit.score > 0 for hit in hits)
    assert store.lexical("xylophone", 5) == []
    assert store.lexical("?!", 5) == []


def test_rare_words_count_more(store: Store) -> None:
    common = [make_chunk("library library rules", f"{i}.md") for i in range(8)]
    rare = make_chunk("library turnstile", "rare.md")
    store.upsert(make_entries(*common, rare))
    hits = store.lexical("turnstile library", 9)
    assert names(hits)[0] == "rare.md"
    assert hits[0].score > 1.5 * hits[1].score


def test_headings_are_searched(store: Store) -> None:
    fill(store)
    assert names(store.lexical("rules", 5)).count("fees.md") == 1


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, {"fees.md", "cards.md", "rooms.md"}),
        ({"document": "fees.md"}, {"fees.md"}),
        ({"document": ["fees.md", "rooms.md"]}, {"fees.md", "rooms.md"}),
        ({"kind": "markdown", "section": "Part 1"}, {"cards.md"}),
        ({"title": "Rules", "source": "folder"}, {"fees.md", "cards.md", "rooms.md"}),
        ({"year": "2026"}, {"fees.md", "rooms.md"}),
        ({"year": ["2026", "2025"], "document": "cards.md"}, {"cards.md"}),
        ({"year": "2026", "document": "cards.md"}, set()),
        ({"no such key": "x"}, set()),
        ({"document": []}, set()),
    ],
)
def test_filters(
    store: Store,
    where: dict[str, str | list[str]],
    expected: set[str],
) -> None:
    fill(store)
    assert set(names(store.dense(vector("rules"), 9, where))) == expected
    assert set(names(store.lexical("rules", 9, where))) == expected


def test_a_filter_key_that_cannot_be_addressed_is_refused(store: Store) -> None:
    fill(store)
    with pytest.raises(ValueError, match="cannot be a filter key"):
        store.dense(vector("rules"), 1, {'a"b': "x"})


def test_metadata_keys_of_any_form_filter(store: Store) -> None:
    odd = make_chunk("One more.", "odd.md", metadata={"og:site name": "Press", "a.b": "c"})
    store.upsert(make_entries(*ALL, odd))
    assert names(store.dense(vector("rules"), 9, {"og:site name": "Press"})) == ["odd.md"]
    assert names(store.dense(vector("rules"), 9, {"a.b": ["c", "d"]})) == ["odd.md"]


def test_a_filter_reaches_what_the_nearest_would_hide(store: Store) -> None:
    near = [make_chunk("late fee", f"near-{i}.md", metadata={"lane": "near"}) for i in range(60)]
    far = make_chunk("unrelated words", "far.md", metadata={"lane": "far"})
    store.upsert(make_entries(*near, far))
    assert names(store.dense(vector("late fee"), 5, {"lane": "far"})) == ["far.md"]


def test_upsert_twice_changes_nothing(store: Store) -> None:
    fill(store)
    fill(store)
    assert store.count() == 3
    found = names(store.lexical("late returns", 9))
    assert len(found) == len(set(found))
    changed = make_chunk("Entirely different words.", "fees.md", metadata={"year": "2026"})
    assert changed.id == FEES.id
    store.upsert(make_entries(changed))
    assert store.count() == 3
    assert store.get([FEES.id])[0].chunk.text == "Entirely different words."
    assert "fees.md" not in names(store.lexical("late returns cost", 9))


def test_delete_keeps_one_revision(store: Store) -> None:
    old = [make_chunk(f"old words {i}", "a.md", "r1", i) for i in range(3)]
    new = [make_chunk(f"new words {i}", "a.md", "r2", i) for i in range(2)]
    other = make_chunk("other words", "b.md", "r1")
    store.upsert(make_entries(*old, *new, other))
    store.delete("a.md", keep="r2")
    assert ids(list(store.scan())) == ids([*new, other])
    store.delete("a.md")
    assert ids(list(store.scan())) == {other.id}
    assert names(store.lexical("words", 9)) == ["b.md"]
    assert names(store.dense(vector("old words"), 9)) == ["b.md"]


def test_more_than_a_page(store: Store) -> None:
    many = [make_chunk(f"passage number {i}", f"{i}.md") for i in range(600)]
    store.upsert(make_entries(*many))
    assert store.count() == 600
    assert ids(list(store.scan())) == ids(many)
    assert len(store.get([chunk.id for chunk in many])) == 600
    store.optimize()
    assert store.count() == 600
    assert names(store.lexical("417", 3)) == ["417.md"]
    assert store.dense(vector("passage number 599"), 1)[0].chunk.document == "599.md"


def test_it_is_there_when_opened_again(open_backend: OpenStore) -> None:
    first = open_backend()
    fill(first)
    identity = first.identity
    first.close()
    first.close()
    second = open_backend()
    assert second.count() == 3
    assert second.identity == identity
    assert names(second.lexical("late", 1)) == ["fees.md"]


def test_another_model_is_refused_until_it_is_cleared(open_backend: OpenStore) -> None:
    first = open_backend()
    fill(first)
    before = first.identity
    first.close()
    other = Signature("tiny-2", DIMENSIONS // 2, SIGNATURE.lexical)
    with pytest.raises(StoreError, match=r"tiny-1.*tiny-2.*store rebuild"):
        open_backend(other)
    cleared = open_backend(other, verify=False)
    cleared.clear()
    assert cleared.count() == 0
    assert cleared.identity.startswith(str(other))
    cleared.close()
    again = open_backend(other)
    assert again.identity != before
    assert again.dense(np.ones(DIMENSIONS // 2, np.float32), 1) == []


def test_clearing_gives_a_new_identity(store: Store) -> None:
    fill(store)
    before = store.identity
    store.clear()
    assert store.count() == 0
    assert store.identity != before
    fill(store)
    assert store.count() == 3


def test_threads_may_read_while_one_writes(store: Store) -> None:
    fill(store)
    failures: list[Exception] = []

    def read() -> None:
        try:
            for _ in range(10):
                assert "fees.md" in names(store.lexical("late returns", 9))
                assert store.dense(vector("late"), 3)
                assert len(store.get([FEES.id])) == 1
        except Exception as error:  # noqa: BLE001 (reported by the main thread)
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for i in range(10):
        store.upsert(make_entries(make_chunk(f"more {i}", f"more-{i}.md")))
        store.delete(f"more-{i}.md")
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.count() == 3
