"""Rows: what is read is what was written, and a broken line is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from text2json.sft import DataError
from text2json.sft.rows import SPLITS, data_hash, read, write

GOOD = {
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "ü"},
    ]
}
TWICE = {"id": "a", **GOOD}


def lines(path: Path, *rows: object) -> Path:
    path.write_text(
        "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n"
    )
    return path


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    path = lines(tmp_path / "rows.jsonl", GOOD, "", {**TWICE, "family": "f"})
    rows = read(path)
    assert [row.family for row in rows] == ["", "f"]
    assert (rows[0].asked, rows[0].answer, len(rows[0].question)) == ("q", "ü", 2)
    write(tmp_path / "again.jsonl", rows)
    assert read(tmp_path / "again.jsonl") == rows


def test_a_row_without_an_id_gets_one_that_its_content_decides(tmp_path: Path) -> None:
    one, other = (read(lines(tmp_path / name, GOOD))[0].id for name in ("one", "other"))
    assert one == other
    assert len(one) == 16


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "not JSON"),
        ("[]", "valid dictionary"),
        ({}, "messages: Field required"),
        ({"messages": [], "extra": 1}, "messages"),
        ({**GOOD, "extra": 1}, "extra: Extra inputs"),
        ({"messages": GOOD["messages"][:2]}, "end with assistant"),
        ({"messages": GOOD["messages"][1:] * 2 + GOOD["messages"][:1]}, "in turn"),
        ({"messages": [{"role": "tool", "content": "x"}, *GOOD["messages"]]}, "messages.0.role"),
        (
            {"messages": [{"role": "user", "content": ""}, GOOD["messages"][2]]},
            "messages.0.content",
        ),
        (TWICE, "id 'a' is in line 1, too"),
    ],
)
def test_a_broken_line_is_named_by_file_and_number(
    tmp_path: Path, line: object, expected: str
) -> None:
    path = lines(tmp_path / "rows.jsonl", TWICE, line)
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert expected in str(caught.value)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.jsonl"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="there are no rows"):
        read(lines(tmp_path / "empty.jsonl", ""))
    (tmp_path / "latin.jsonl").write_bytes(b"\xe4\n")
    with pytest.raises(DataError, match=r"latin\.jsonl"):
        read(tmp_path / "latin.jsonl")


def test_the_hash_of_a_folder_needs_all_splits_and_changes_with_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no train\.jsonl; `make data`"):
        data_hash(tmp_path)
    for split in SPLITS:
        lines(tmp_path / f"{split}.jsonl", GOOD)
    before = data_hash(tmp_path)
    lines(tmp_path / "test.jsonl", TWICE)
    assert data_hash(tmp_path) != before
