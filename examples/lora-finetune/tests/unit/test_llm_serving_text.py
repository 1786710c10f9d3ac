"""Text that is given out piece by piece is the text, cut at the first stop sequence."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text2json.llm_serving.text import TextStream


def utf8(tokens: Sequence[int]) -> str:
    """A decoder whose tokens are bytes."""
    return bytes(tokens).decode("utf-8", "replace")


def pieces(text: str, stop: Sequence[str] = ()) -> tuple[list[str], TextStream]:
    stream = TextStream(utf8, stop)
    found = []
    for token in text.encode():
        found.append(stream.push(token))
        if stream.stopped:
            break
    return [*found, stream.finish()], stream


@given(st.text(max_size=40))
def test_nothing_is_lost_and_no_character_is_broken(text: str) -> None:
    found, stream = pieces(text)
    assert "".join(found) == stream.text == text
    assert not any("\ufffd" in piece for piece in found if "\ufffd" not in text)


@given(
    st.text(alphabet="abé", max_size=30),
    st.lists(st.text(alphabet="abé", min_size=1, max_size=4), max_size=3),
)
def test_text_ends_before_the_first_stop_sequence_that_is_complete(
    text: str, stop: list[str]
) -> None:
    found, stream = pieces(text, stop)
    ends = [(text.find(one) + len(one), text.find(one)) for one in stop if one in text]
    expected = text[: min(ends)[1]] if ends else text
    assert "".join(found) == expected
    assert stream.stopped == bool(ends)


def test_what_may_be_a_stop_sequence_is_held_back() -> None:
    found, _ = pieces("a<b</c", ["</"])
    assert found == ["a", "", "<b", "", "", ""]


def test_half_a_character_at_the_end_is_shown_as_such() -> None:
    stream = TextStream(utf8)
    assert stream.push("é".encode()[0]) == ""
    assert stream.finish() == "\ufffd"


@pytest.mark.parametrize("after", ["x", ""])
def test_nothing_follows_a_stop(after: str) -> None:
    stream = TextStream(utf8, ["."])
    assert stream.push(ord(".")) == ""
    assert [stream.push(byte) for byte in after.encode()] == [""] * len(after)
    assert stream.finish() == ""
