"""The canary set is asked, judged and reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from plugins.llm_client import ChatServer

from text2json.commands.canary import command
from text2json.llm_canary.asking import Answer, measure, same
from text2json.llm_canary.rows import CanaryError, Row, freeze, read

ROWS = [
    Row([{"role": "user", "content": str(number)}], f'{{"n": {number}}}') for number in range(4)
]


def line(question: str, answer: str) -> str:
    messages = [("user", question), ("assistant", answer)]
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in messages]})


@pytest.mark.parametrize(
    ("expected", "text", "right"),
    [
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', True),
        ('{"a": 1}', '{"a": 2}', False),
        ('{"a": 1}', "a is 1", False),
        ("yes", " yes\n", True),
        ("yes", "no", False),
    ],
)
def test_answers_are_compared_by_what_they_say(expected: str, text: str, right: bool) -> None:
    assert same(expected, text) == right


def test_shares_are_of_the_questions_and_of_the_answers() -> None:
    answers = iter(
        [
            Answer('{"n": 0}', 0.1, 5),
            Answer("{", 0.3, 1),
            Answer("", 0, 0, True),
            Answer("{}", 0.2, 3),
        ]
    )
    found = measure("v1", ROWS, lambda *_: next(answers))
    assert (found.score, found.failed, found.rows) == (0.25, 0.25, 4)
    assert found.valid == pytest.approx(2 / 3)
    assert (found.latency_seconds, found.tokens) == (0.2, 3)


def test_no_answer_at_all_is_an_error() -> None:
    with pytest.raises(CanaryError, match="none of 4"):
        measure("v1", ROWS, lambda *_: Answer("", 0, 0, failed=True))


def test_the_set_is_drawn_once_and_the_same_for_one_seed(tmp_path: Path) -> None:
    source, first, second = (tmp_path / name for name in ("all", "one", "two"))
    source.write_text("\n".join(line(str(n), str(n)) for n in range(20)))
    assert freeze(source, first, 5, seed=1) == freeze(source, second, 5, seed=1) == 5
    assert first.read_text() == second.read_text()
    assert len({row.expected for row in read(first)}) == 5


@pytest.mark.parametrize("text", ["", "nonsense", '{"messages": []}', line("a", "b")[:-20]])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rows").write_text(text)
    with pytest.raises(CanaryError):
        read(tmp_path / "rows")


def test_a_run_asks_the_service_and_writes_metrics(chat_server: ChatServer, tmp_path: Path) -> None:
    rows, metrics = tmp_path / "rows.jsonl", tmp_path / "canary.prom"
    rows.write_text(line("Hi", "{}"))
    arguments = ["run", "--url", chat_server.url, "--key", chat_server.key, "--rows", str(rows)]
    arguments += ["--models", chat_server.model, "--max-tokens", "8", "--textfile", str(metrics)]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    assert "1 questions" in done.output
    assert f'llm_canary_rows{{model="{chat_server.model}"}} 1.0' in metrics.read_text()
    low = CliRunner().invoke(command, [*arguments, "--min-score", "1"])
    assert low.exit_code == 1


def test_refusals_are_explained(chat_server: ChatServer, tmp_path: Path) -> None:
    missing = CliRunner().invoke(command, ["run", "--rows", str(tmp_path / "none")])
    assert "canary freeze" in missing.output
    rows = tmp_path / "rows.jsonl"
    rows.write_text(line("Hi", "{}"))
    arguments = ["run", "--url", chat_server.url, "--key", "wrong", "--rows", str(rows)]
    assert "refused with 401" in CliRunner().invoke(command, arguments).output


def test_the_set_is_made_by_a_command(tmp_path: Path) -> None:
    source, target = tmp_path / "all.jsonl", tmp_path / "models" / "canary.jsonl"
    source.write_text(line("a", "b"))
    arguments = ["freeze", "--from", str(source), "--to", str(target)]
    assert "1 questions" in CliRunner().invoke(command, arguments).output
    assert "No such file" in CliRunner().invoke(command, [*arguments[:2], "none"]).output
