"""The commands on a tiny project: a real index, a tiny embedding model, no chat model but one."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from langchain_core.language_models import BaseChatModel, FakeListChatModel
from plugins.rag import ChatServer, Reply
from plugins.rag_eval import question, rated, small_questions

from docs_qa.cli import main
from docs_qa.rag import AnswersConfig, chat
from docs_qa.rag_eval import choose, questions, setup
from docs_qa.rag_eval.settings import EvaluationConfig

WRITTEN = json.dumps(
    [
        {
            "question": "What do I owe for an overdue drill?",
            "answer": "1.50 euros",
            "quote": "A drill that comes back late costs 1.50 euros per day.",
        }
    ]
)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def values(name: str) -> dict[str, float]:
    record = json.loads(Path(f"evidence/{name}.json").read_text(encoding="utf-8"))
    return {value["name"]: value["value"] for value in record["values"]}


@pytest.mark.usefixtures("small_project")
def test_measuring_writes_records_and_plots() -> None:
    result = call("evaluate-answers")

    assert result.exit_code == 0, result.output
    search = values("retrieval")
    assert set(search) >= {"BM25", "dense", "RRF", "DBSF", "convex", "convex, re-ranked"}
    assert search["as configured (dbsf, sentences)"] == search["DBSF, re-ranked"] > 0.7
    context = values("context")
    assert context["2 follow-ups, as typed"] <= context["2 follow-ups, rewritten by rules"] == 1
    assert values("answers")["as configured"] > 0.5
    assert "AUROC, answerable against off-topic" in values("abstention")
    assert all(
        Path(f"evidence/{name}.png").is_file() for name in ("retrieval", "answers", "abstention")
    )


@pytest.mark.usefixtures("small_project")
def test_measuring_again_gives_the_same_numbers() -> None:
    call("evaluate-answers")
    first = values("retrieval"), values("answers"), values("abstention")
    call("evaluate-answers")

    assert (values("retrieval"), values("answers"), values("abstention")) == first


def test_choosing_writes_the_configuration_and_says_why(small_project: Path) -> None:
    (small_project / "config").mkdir()
    # A ranking that the tiny questions show to be worse than others
    search = small_project / "config/search.toml"
    search.write_text('# chosen\nfusion = "dense"\nrerank = "none"\n')

    result = call("evaluate-answers", "--choose")

    assert result.exit_code == 0, result.output
    assert "Search: " in result.output
    assert "Abstain from quoting below" in result.output
    answers = tomllib.loads((small_project / "config/answers.toml").read_text())
    assert 0 < answers["evidence"]["extractive"] < 1
    assert 0 < answers["evidence"]["reference"] <= 1
    assert search.read_text().startswith("# chosen\n")


def test_the_gate_passes_until_something_gets_worse(small_project: Path) -> None:
    assert "there is no baseline" in call("evaluate-answers", "--gate").output
    assert call("evaluate-answers", "--gate", "--update").exit_code == 0
    assert call("evaluate-answers", "--gate").exit_code == 0

    # What was changed in a document is noticed before anything is measured.
    fees = small_project / "documents/fees.md"
    fees.write_text(fees.read_text().replace("costs 1.50 euros", "costs 1.50 euros or more"))
    broken = call("evaluate-answers", "--gate")
    assert "quotations not found" in broken.output

    baseline = small_project / "evaluation/baseline.json"
    raised = {name: value + 0.05 for name, value in json.loads(baseline.read_text()).items()}
    baseline.write_text(json.dumps(raised))
    questions.save(
        [each for each in small_questions() if not each.id.endswith("-1")],
        small_project / questions.PATH,
    )
    worse = call("evaluate-answers", "--gate")
    assert worse.exit_code == 1
    assert "WORSE" in worse.output
    assert "--gate --update" in worse.output


@pytest.mark.parametrize(
    "options",
    [("--gate", "--choose"), ("--update",), ("--choose", "--update")],
)
def test_options_that_contradict_each_other(options: tuple[str, ...]) -> None:
    assert call("evaluate-answers", *options).exit_code == 2


def test_problems_are_explained(small_project: Path) -> None:
    (small_project / "documents/fees.md").unlink()
    (small_project / "documents/hours.md").unlink()
    assert "holds no documents" in call("evaluate-answers").output

    (small_project / questions.PATH).unlink()
    assert "questions.jsonl" in call("evaluate-answers").output


def test_a_broken_document_is_left_out_and_named(small_project: Path) -> None:
    (small_project / "documents/broken.pdf").write_bytes(b"%PDF-1.7 nothing")

    result = call("evaluate-answers", "--gate", "--update")

    assert result.exit_code == 0, result.output
    assert "Left out broken.pdf: " in result.output


def test_a_chat_model_is_measured_and_judged(
    small_project: Path,
    chat_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = chat.open_model
    judge = FakeListChatModel(responses=["A", "B"])  # the new answer, in both orders

    def opened(name: str, url: str, config: AnswersConfig) -> BaseChatModel:
        return judge if name == "fake:judge" else served(name, url, config)

    monkeypatch.setattr(chat, "open_model", opened)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("APP_CHAT_MODEL", "openai:served")
    monkeypatch.setenv("APP_CHAT_URL", f"{chat_server.url}/v1")
    monkeypatch.setenv("APP_JUDGE_MODEL", "fake:judge")
    (small_project / "config").mkdir()
    (small_project / "config/answers.toml").write_text('rewrite = "rules"\n')
    chat_server.reply(Reply(["A late drill costs 1.50 euros per day. [1]"]))

    result = call("evaluate-answers")

    assert result.exit_code == 0, result.output
    assert values("answers")["openai:served"] == 0.25  # one of four questions is about that
    assert values("verdicts")["preferred to first passage, whole"] == 1.0
    assert len((small_project / "data/evaluation/verdicts.jsonl").read_text().splitlines()) > 10


@pytest.mark.parametrize(
    ("reply", "said", "changed"),
    [
        ("A late drill costs 1.50 euros per day. [1]", "Do not ask openai:served below", True),
        ("NO_ANSWER", "threshold unchanged", False),
    ],
)
@pytest.mark.usefixtures("small_project")
def test_the_threshold_of_a_model_counts_what_it_answers(
    chat_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    reply: str,
    said: str,
    changed: bool,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("APP_CHAT_MODEL", "openai:served")
    monkeypatch.setenv("APP_CHAT_URL", f"{chat_server.url}/v1")
    chat_server.reply(Reply([reply]))
    heard: list[str] = []

    with setup.open_setup(EvaluationConfig()) as opened:
        threshold = choose.choose_for_model(opened, heard.append)

    assert said in heard[0]
    assert (threshold != opened.answers.evidence.model) is changed


def test_questions_are_made_reviewed_checked_and_used(small_project: Path) -> None:
    made = call("questions", "generate", "--count", "5", "--review")
    assert made.exit_code == 0, made.output
    path = small_project / "evaluation/generated.jsonl"
    found = questions.load(path)
    assert found
    assert all(each.question in made.output for each in found)
    assert "exists" in call("questions", "generate").output

    assert call("questions", "check", str(path)).output.startswith(f"{len(found)} answerable")
    assert "And for the cargo trailer?" in call("questions", "review").output
    with setup.open_setup(EvaluationConfig(questions=path)) as opened:
        assert opened.gold.keys() == {each.id for each in found}


def test_a_wrong_quotation_is_found(small_project: Path) -> None:
    path = small_project / "evaluation/more.jsonl"
    questions.save([question("x", "Why is it so?", "because it is", "because")], path)

    result = call("questions", "check", str(path))

    assert result.exit_code == 1
    assert "x in fees.md: 'because it is'" in result.output


def test_feedback_becomes_candidates(small_project: Path) -> None:
    source = small_project / "feedback.jsonl"
    source.write_text(rated("What does a late drill cost?", "up") + "\n")

    result = call("questions", "from-feedback", str(source), "--output", "candidates.jsonl")

    assert result.exit_code == 0, result.output
    assert call("questions", "check", "candidates.jsonl").exit_code == 0


@pytest.mark.parametrize(("reply", "status"), [("I will not.", 1), (WRITTEN, 0)])
def test_questions_by_a_model_are_checked(
    small_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    reply: str,
    status: int,
) -> None:
    monkeypatch.setenv("APP_CHAT_MODEL", "fake:writer")
    model = FakeListChatModel(responses=[reply, "1.50 euros"])
    monkeypatch.setattr(chat, "open_model", lambda *_: model)

    result = call("questions", "generate", "--count", "1")

    assert result.exit_code == status, result.output
    assert (small_project / "evaluation/generated.jsonl").exists() is (status == 0)
