"""What is taken out of text, what is folded, and what must stay as it is."""

from __future__ import annotations

import pytest

from docs_qa.documents.clean import clean, describe


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("\ufb01ne \ufb02ow", "fine flow"),
        ("\uff21\uff22\uff11", "AB1"),
        ("\U0001d5d4\U0001d5d5", "AB"),
        ("a\u00a0b\u2009c", "a b c"),
        ("e\u0301", "\u00e9"),
        ("co\u00adoperate", "cooperate"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("tab\tbell\x07", "tab\tbell"),
        ("\ud800", "\ufffd"),
    ],
)
def test_other_ways_to_write_the_same_are_folded(given: str, expected: str) -> None:
    assert clean(given) == (expected, {})


@pytest.mark.parametrize(
    "text",
    [
        "x\u00b2 + \u00bd",  # NFKC would make x2 + 1/2 of it
        "\u2460 \u2122 \u2026 \u201cquoted\u201d",
        "\u4f60\u597d\uff0c\u4e16\u754c\uff01",  # full-width punctuation is usual in Chinese
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # a joiner that changes Persian
        "\U0001f469\u200d\U0001f52c",  # a joined emoji
        "\u0915\u094d\u200d\u0937",  # a joiner that changes Hindi
    ],
)
def test_what_readers_see_is_kept(text: str) -> None:
    assert clean(text) == (text, {})


@pytest.mark.parametrize(
    ("given", "expected", "noticed"),
    [
        ("ig\u200bnore \u2060all", "ignore all", "2 zero-width"),
        ("safe\u202etxt.exe", "safetxt.exe", "1 bidirectional control"),
        ("hi\U000e0068\U000e0069", "hi", "2 tag"),
        ("a\U000e0101b\u200b", "ab", "1 zero-width, 1 variation selector"),
        ("x\u200dy", "xy", "1 zero-width"),
    ],
)
def test_invisible_characters_are_taken_out_and_counted(
    given: str, expected: str, noticed: str
) -> None:
    text, found = clean(given)
    assert text == expected
    assert sorted(describe(found).split(", ")) == sorted(noticed.split(", "))
