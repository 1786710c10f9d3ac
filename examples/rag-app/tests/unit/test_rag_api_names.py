"""Names of uploads."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs_qa.rag_api.names import LONGEST, clean


def test_one_spelling_per_name() -> None:
    assert clean(" Gebu\u0308hren 2026.pdf ") == "Geb\u00fchren 2026.pdf"


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "..",
        ".hidden",
        "../secret",
        "a/b",
        "a\\b",
        "a\x00b",
        "line\nbreak",
        "invoice\u202efdp.exe",
        "zero\u200bwidth",
        "\ud800",
        "x" * (LONGEST + 1),
        "\u00fc" * (LONGEST // 2 + 1),
    ],
)
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the name"):
        clean(name)


@given(st.text(max_size=300))
def test_a_name_that_is_taken_is_a_file_in_its_folder(name: str) -> None:
    try:
        taken = clean(name)
    except ValueError:
        return
    folder = Path("/folder")
    assert (folder / taken).parent == folder
    assert (folder / taken).name == taken
    assert clean(taken) == taken
