import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from text2json import report

prose = st.text().filter(lambda text: "evidence:" not in text)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers()
values = st.fixed_dictionaries(
    {
        "name": st.text(),
        "value": numbers | st.text(),
        "unit": st.text(),
        "low": st.none() | numbers,
        "note": st.text(),
    }
).map(lambda value: value | {"high": value["low"]})
records = st.fixed_dictionaries(
    {
        "name": st.just("made-up"),
        "title": st.text(),
        "command": st.just("make evidence"),
        "measured_at": st.just("2026-03-01T12:00:00+00:00"),
        "commit": st.none() | st.just("0" * 40),
        "dirty": st.booleans(),
        "seed": st.none() | st.integers(),
        "data_sha256": st.none() | st.just("f" * 64),
        "hardware": st.fixed_dictionaries(
            {
                "cpu": st.text(),
                "cores": st.integers(1, 512),
                "memory_gib": st.none() | st.floats(0.1, 4096),
                "python": st.just("3.12.1"),
            }
        ),
        "values": st.lists(values, min_size=1, max_size=5),
        "plots": st.just([]),
    }
)


def document(before: str, between: str, after: str) -> str:
    return f"{before}<!-- evidence:made-up -->{between}<!-- /evidence:made-up -->{after}"


@given(prose)
def test_a_document_without_blocks_is_unchanged(text: str) -> None:
    assert report.refresh(text, {}) == text


@given(prose, prose, prose, records)
def test_refreshing_keeps_the_surroundings_and_is_idempotent(
    before: str, between: str, after: str, record: dict[str, Any]
) -> None:
    named = {"made-up": record}
    once = report.refresh(document(before, between, after), named)
    assert once.startswith(f"{before}<!-- evidence:made-up -->\n")
    assert once.endswith(f"\n<!-- /evidence:made-up -->{after}")
    assert report.refresh(once, named) == once
    assert report.refresh(document(before, "", after), named) == once


@given(records)
def test_hostile_text_cannot_break_the_table(record: dict[str, Any]) -> None:
    table, *_ = report.block(record).split("\n\n")
    rows = table.split("\n")
    assert len(rows) == len(record["values"]) + 2
    widths = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows}
    assert len(widths) == 1
    assert "<" not in table
