from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from text2json.api import examples
from text2json.api.examples import Example
from text2json.load import traffic
from text2json.load.traffic import TrafficError


def test_file_has_one_request_per_line(tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_text('{"a": 1}\n\n  {"b": "ä"}\n', encoding="utf-8")
    read = traffic.from_file(file, "/v1/x")
    assert read.path == "/v1/x"
    assert read.bodies == [b'{"a": 1}', '{"b": "ä"}'.encode()]


@pytest.mark.parametrize(("text", "message"), [("{}\n{", "line 2"), ("\n", "holds no requests")])
def test_file_without_usable_requests_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_text(text)
    with pytest.raises(TrafficError, match=message):
        traffic.from_file(file, "/")


@dataclass
class FakeSource:
    RANK: int
    PATH: str

    def bodies(self, count: int, seed: int) -> Sequence[bytes]:
        return [b"%d" % seed] * count


def test_source_with_the_lowest_rank_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "_sources", lambda: [FakeSource(50, "/a"), FakeSource(5, "/b")])
    assert traffic.from_project(count=2, seed=7) == traffic.Traffic("/b", [b"7", b"7"])


def test_source_says_which_settings_its_load_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = FakeSource(1, "/a")
    monkeypatch.setattr(source, "TOGETHER", {"APP_X": "1"}, raising=False)
    monkeypatch.setattr(source, "ENVIRONMENT", {"APP_Y": "2"}, raising=False)
    monkeypatch.setattr(traffic, "_sources", lambda: [source])
    sent = traffic.from_project(count=1)
    assert (sent.environment, sent.together) == ({"APP_Y": "2"}, {"APP_X": "1"})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([("GET", "/v1"), ("POST", "/v1/ask")], ("POST", "/v1/ask")),
        ([("PUT", "/v1/file"), ("GET", "/v1")], ("GET", "/v1")),
    ],
)
def test_project_without_a_source_sends_an_example(
    monkeypatch: pytest.MonkeyPatch,
    found: list[tuple[str, str]],
    expected: tuple[str, str],
) -> None:
    known = {path: Example(method, path, b"{}") for method, path in found}
    monkeypatch.setattr(traffic, "_sources", list)
    monkeypatch.setattr(examples, "names", lambda: list(known))
    monkeypatch.setattr(examples, "load", known.__getitem__)
    sent = traffic.from_project()
    assert (sent.method, sent.path, sent.bodies) == (*expected, [b"{}"])


def test_project_with_nothing_to_repeat_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "_sources", list)
    monkeypatch.setattr(examples, "names", list)
    with pytest.raises(TrafficError, match="--requests"):
        traffic.from_project()


def test_example_that_cannot_be_made_yet_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: str) -> Example:
        raise examples.NoExampleError("train a model first")

    monkeypatch.setattr(traffic, "_sources", list)
    monkeypatch.setattr(examples, "names", lambda: ["one"])
    monkeypatch.setattr(examples, "load", load)
    with pytest.raises(TrafficError, match="train a model first"):
        traffic.from_project()
