"""`docs-qa screenshots`, without a service and without a browser."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from docs_qa.chat import browser, pictures
from docs_qa.commands.screenshots import command

QUESTIONS = ["--question", "One?", "--question", "Two?"]


@contextmanager
def no_service() -> Iterator[str]:
    yield "http://127.0.0.1:9"


def picture(_: str, __: object, folder: Path, ___: str) -> pictures.Timing:
    folder.mkdir(parents=True)
    for shot in (pictures.LIGHT, pictures.DARK, pictures.MOBILE):
        (folder / f"{shot.name}.png").write_bytes(b"")
    return pictures.Timing(first_paint=80.4, answer=210.6)


def test_pictures_and_timings_become_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pictures, "served", no_service)
    monkeypatch.setattr(pictures, "take", picture)
    done = CliRunner().invoke(command, QUESTIONS, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "evidence" / "chat-ui.json").read_text())
    values = {value["name"]: value["value"] for value in record["values"]}
    assert values["First contentful paint"] == 80
    assert values["Question to complete answer"] == 211
    assert len(record["plots"]) == 3
    assert record["details"]["questions"] == ["One?", "Two?"]


def test_without_examples_there_is_nothing_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 1
    assert "config/chat.toml" in done.output


@pytest.mark.parametrize(("option", "status"), [([], 1), (["--if-possible"], 0)])
def test_a_missing_browser_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: list[str], status: int
) -> None:
    def no_browser(*_: object) -> None:
        raise browser.NoBrowserError("No Chromium was found: install one")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pictures, "served", no_service)
    monkeypatch.setattr(pictures, "take", no_browser)
    done = CliRunner().invoke(command, [*QUESTIONS, *option])
    assert done.exit_code == status
    assert "No Chromium" in done.output
    assert not (tmp_path / "evidence").exists()


def test_a_service_that_does_not_start_is_no_endless_wait() -> None:
    broken = {**os.environ, "APP_ENVIRONMENT": "no such environment"}
    with pytest.raises(pictures.NotServedError), pictures.served(broken):
        pass


def test_no_browser_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(browser.NoBrowserError, match="playwright install chromium"):
        browser._installed()
