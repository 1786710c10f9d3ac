"""The commands that talk to a running service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from plugins.http_api import KEY, StartService

from docs_qa.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["remote", *arguments])


def test_documents_are_changed_through_the_service(
    start_service: StartService,
    own_state: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("APP_")]:
        monkeypatch.delenv(name)
    chosen = {f"APP_{name.upper()}": value for name, value in own_state.items()}
    service = start_service(APP_API_KEYS=KEY, **chosen)
    there = ("--url", service.url, "--key", KEY)
    (tmp_path / "printing.md").write_text("# Printing\n\nA page costs eight cents.\n")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of use")
    added = run(*there, "add", str(tmp_path / "printing.md"))
    assert added.exit_code == 0, added.output
    assert "printing.md: done 1/1" in added.stderr
    (Path(own_state["documents_folder"]) / "new.md").write_text("# New\n\nNews of the library.\n")
    assert run(*there, "sync").exit_code == 0
    listed = run(*there, "list").stdout
    assert all(name in listed for name in ("printing.md", "new.md", "fees.md"))
    assert run(*there, "remove", "printing.md").exit_code == 0
    assert "printing.md" not in run(*there, "list").stdout
    missing = run(*there, "remove", "printing.md")
    assert missing.exit_code == 1
    assert "no such document" in missing.output
    broken = run(*there, "add", str(tmp_path / "broken.pdf"))
    assert broken.exit_code == 1
    assert "not indexed" in broken.output
    assert "API key" in run("--url", service.url, "list").output
    example = CliRunner().invoke(main, ["request", "rag", "--url", service.url, "--key", KEY])
    assert example.exit_code == 0
    assert '"answer"' in example.stdout


def test_no_service_and_no_address_are_explained() -> None:
    nobody = run("--url", "http://127.0.0.1:9", "sync")
    assert nobody.exit_code == 1
    assert "is it running" in nobody.output
    assert run("--url", "localhost:8000", "sync").exit_code == 2
