"""`docs-qa ask` over a real library and a real index with a tiny embedding model."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from plugins.rag import ChatServer, Reply
from plugins.vector_store import LEXICAL, SIGNATURE, tiny_encoder

from docs_qa import store
from docs_qa.cli import main
from docs_qa.documents import Library
from docs_qa.store import Index, StoreError, StoreSettings
from docs_qa.store.backends.qdrant_edge import EdgeStore

RULES = b"""# Rules

## Loans

Books are lent for three weeks. DVDs are lent for one week.

## Fees

A late book costs 0.50 euros per day.
"""


def open_tiny() -> Index:
    place = Path("data/index")
    return Index(
        StoreSettings(),
        EdgeStore(place, SIGNATURE, LEXICAL, verify=True),
        tiny_encoder(),
        SIGNATURE,
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer) -> ChatServer:
    """A folder with one indexed document; the chat server is there, but not configured."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APP_DATA_DIR", str(tmp_path / "data"))
    # The tiny model's cosines are not MiniLM's.
    Path("config").mkdir()
    Path("config/answers.toml").write_text("[evidence]\nextractive = 0.4\nmodel = 0.1\n")
    with Library() as library, open_tiny() as index:
        library.put("rules.md", RULES, index.sink())
    monkeypatch.setattr(store, "open_index", open_tiny)
    return chat_server


def ask(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["ask", *arguments], input=given)


@pytest.mark.usefixtures("project")
def test_a_question_is_answered_with_its_source_and_the_mode() -> None:
    result = ask("For how many weeks are books lent?")
    assert result.exit_code == 0, result.output
    assert "Books are lent for three weeks." in result.stdout
    assert "[1]" in result.stdout
    assert "quoted" in result.stderr
    assert "rules.md" in result.stderr
    assert "Loans" in result.stderr


@pytest.mark.usefixtures("project")
def test_not_knowing_is_an_answer() -> None:
    result = ask("Zebras?")
    assert result.exit_code == 0
    assert result.stdout.startswith("I do not know")


@pytest.mark.usefixtures("project")
def test_several_questions_are_one_conversation() -> None:
    result = ask(given="For how many weeks are books lent?\n\nAnd for DVDs?\n")
    assert result.exit_code == 0, result.output
    assert "Searching: For how many weeks are books lent for DVDs?" in result.stderr


@pytest.mark.usefixtures("project")
def test_filters_narrow_the_search() -> None:
    result = ask("For how many weeks are books lent?", "--where", "kind=pdf")
    assert result.stdout.startswith("I do not know")
    assert ask("x", "--where", "kind").exit_code == 2


def test_a_model_answers_if_one_is_set(
    project: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_CHAT_MODEL", "openai:served")
    monkeypatch.setenv("APP_CHAT_URL", f"{project.url}/v1")
    project.reply(Reply(["Three weeks for books ", "[1]. Elephants need 12 [1]."], usage=(80, 9)))
    result = ask("For how many weeks are books lent?")
    assert "Three weeks for books [1]." in result.stdout
    assert "written by openai:served" in result.stderr
    assert "Not found in the passages: Elephants need 12." in result.stderr
    assert "80+9 tokens, unknown cost" in result.stderr


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("APP_CHAT_MODEL", "openai:gpt-5-mini", "OPENAI_API_KEY"),
        ("APP_CHAT_FALLBACK", "openai:gpt-5-mini", "APP_CHAT_MODEL is not"),
    ],
)
def test_wrong_settings_are_explained(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, hint: str
) -> None:
    monkeypatch.setenv(name, value)
    result = ask("Anything?")
    assert result.exit_code == 1
    assert hint in result.stderr


@pytest.mark.usefixtures("project")
def test_an_index_in_use_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Index:
        raise StoreError("the index is open in process 7")

    monkeypatch.setattr(store, "open_index", refuse)
    result = ask("Anything?")
    assert result.exit_code == 1
    assert "process 7" in result.stderr
