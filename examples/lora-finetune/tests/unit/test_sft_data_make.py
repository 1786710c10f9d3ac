"""Splits: what is held out stays out, for the task by default and for a file of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from text2json.sft import DataError, task
from text2json.sft.inspect import counts, inspect
from text2json.sft.make import SLICES, generated, make
from text2json.sft.settings import Settings, load_settings

SMALL = Settings(train=120, validation=12, test=24)


def own(path: Path, families: dict[str, int]) -> Path:
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"{name} says number {number} in {name}{number}"},
                {"role": "assistant", "content": "x"},
            ],
            "family": name,
        }
        for name, count in families.items()
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_same_seed_gives_the_same_rows_and_a_longer_split_changes_no_other() -> None:
    first = generated(SMALL)
    assert generated(SMALL) == first
    longer = generated(SMALL.model_copy(update={"train": 130}))
    assert longer["train"][:120] == first["train"]
    assert longer["test"] == first["test"]
    assert generated(SMALL.model_copy(update={"seed": 12}))["test"] != first["test"]


def test_every_slice_is_asked_and_holds_out_what_it_says() -> None:
    rows = generated(SMALL)
    assert counts(rows["test"], "slice") == dict.fromkeys(sorted(SLICES), 8)
    families = {row.family for row in rows["train"]}
    compositions = {row.composition for row in rows["train"]}
    for row in rows["test"] + rows["validation"]:
        assert (row.slice == "phrasing") == (row.family not in families)
        if row.slice == "composition":
            assert row.composition not in compositions


def test_every_answer_is_valid_and_right_by_the_judge_of_the_task() -> None:
    for row in generated(SMALL)["train"]:
        assert task.valid(row.answer)
        assert task.correct(row.answer, row.answer)
        assert task.field_score(row.answer, row.answer) == 1.0
        assert task.wrong_fields(row.answer, row.answer) == []


def test_a_wrong_answer_is_wrong_in_the_field_that_differs() -> None:
    row = generated(SMALL)["train"][0]
    call = json.loads(row.answer)
    spaced = json.dumps(dict(reversed(call.items())), indent=1)
    assert task.correct(spaced, row.answer)
    key = next(iter(call))
    changed = json.dumps(call | {key: "other"})
    assert not task.correct(changed, row.answer)
    assert task.wrong_fields(changed, row.answer) == [key]
    assert task.field_score(changed, row.answer) == pytest.approx(1 - 1 / len(call))
    for broken in ("", "{", row.answer + "}", "[1]"):
        assert not task.valid(broken)
        assert not task.correct(broken, row.answer)
        assert task.field_score(broken, row.answer) == 0.0
        assert task.wrong_fields(broken, row.answer) == ["json"]


def test_a_family_of_a_file_stays_in_one_split(tmp_path: Path) -> None:
    source = own(tmp_path / "own.jsonl", {f"f{number}": 1 + number % 4 for number in range(40)})
    settings = Settings(source=source, folder=tmp_path / "out", train=80, validation=10, test=10)
    splits = make(settings)
    owners: dict[str, set[str]] = {}
    for split, rows in splits.items():
        for row in rows:
            owners.setdefault(row.family, set()).add(split)
    assert all(len(found) == 1 for found in owners.values())
    total = sum(len(rows) for rows in splits.values())
    assert len(splits["test"]) == pytest.approx(total / 10, abs=4)
    assert inspect(splits, settings.near).clean


def test_splits_of_ones_own_are_taken_but_for_what_they_share(tmp_path: Path) -> None:
    for split, families in {"train": "abc", "validation": "d", "test": "ae"}.items():
        own(tmp_path / f"{split}.jsonl", dict.fromkeys(families, 2))
    splits = make(Settings(source=tmp_path, folder=tmp_path / "out"))
    assert {row.family for row in splits["train"]} == {"b", "c"}
    assert {row.family for row in splits["test"]} == {"a", "e"}


def test_a_file_with_one_family_is_refused(tmp_path: Path) -> None:
    source = own(tmp_path / "own.jsonl", {"f": 5})
    with pytest.raises(DataError, match="too few families"):
        make(Settings(source=source, folder=tmp_path / "out"))


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data.toml"
    assert load_settings(path) == Settings()
    path.write_text("near = 2\n")
    with pytest.raises(DataError, match="near"):
        load_settings(path)
    path.write_text("near = [")
    with pytest.raises(DataError, match=r"data\.toml"):
        load_settings(path)
