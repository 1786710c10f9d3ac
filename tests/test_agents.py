"""The server for coding agents, asked by the official client over stdio; and the types of all JSON answers."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from scaffolder import output
from scaffolder.cli.main import cli

pytest.importorskip("mcp")


def ask(*calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Call tools one after the other in one session."""
    from mcp import Client, StdioServerParameters

    async def session() -> list[Any]:
        command = StdioServerParameters(command=sys.executable, args=["-m", "scaffolder", "mcp"])
        async with Client(command, read_timeout_seconds=120) as client:
            names = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(names) == {"list", "info", "adopt", "plan", "apply", "check"}
            assert names["plan"].annotations.read_only_hint
            assert not names["apply"].annotations.read_only_hint
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(session())


def test_an_agent_looks_at_a_repository_of_somebody_else_first(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n')
    (tmp_path / "src/shop").mkdir(parents=True)
    (tmp_path / "src/shop/__init__.py").write_text("")
    looked, recorded = ask(
        ("adopt", {"directory": str(tmp_path)}), ("adopt", {"directory": str(tmp_path), "record": True})
    )
    assert looked.structured_content["applicable"]
    assert not looked.structured_content["written"]
    assert recorded.structured_content["written"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pyproject.toml", "scaffolder.lock", "src"]


def test_an_agent_chooses_plans_and_applies(tmp_path: Path) -> None:
    made = {"change": "new", "directory": str(tmp_path / "shop"), "names": ["package", "docker"]}
    described = {"answers": {"description": "Sells things"}, "change": "set", "directory": str(tmp_path / "shop")}
    listed, told, planned, applied, changed, removed, updated, checked = ask(
        ("list", {}),
        ("info", {"name": "docker"}),
        ("plan", made),
        ("apply", made),
        ("apply", described),
        ("plan", {"change": "remove", "directory": str(tmp_path / "shop"), "names": ["docker"]}),
        ("plan", {"change": "update", "directory": str(tmp_path / "shop")}),
        ("check", {"directory": str(tmp_path / "shop")}),
    )
    assert "docker" in {row["name"] for row in listed.structured_content["components"]}
    assert told.structured_content["files"]
    assert not planned.structured_content["written"]
    assert applied.structured_content["written"]
    assert planned.structured_content["steps"] == applied.structured_content["steps"]
    assert changed.structured_content["answers"]["description"] == "Sells things"
    assert "Sells things" in (tmp_path / "shop/pyproject.toml").read_text(encoding="utf-8")
    assert {step["action"] for step in removed.structured_content["steps"]} <= {"delete", "update"}
    assert (tmp_path / "shop/Dockerfile").exists()
    assert updated.structured_content["steps"] == []
    assert checked.structured_content["findings"] == []


def test_an_agent_is_told_what_was_wrong(tmp_path: Path) -> None:
    wrong, option = ask(
        ("plan", {"change": "add", "directory": str(tmp_path), "names": ["docker"]}),
        ("apply", {"change": "new", "directory": str(tmp_path / "x"), "names": ["--verify"]}),
    )
    assert wrong.is_error
    assert "not in a project that scaffolder generated" in wrong.content[0].text
    assert option.is_error  # a name is never taken for an option
    assert "no project called" in option.content[0].text


def test_every_answer_is_what_its_type_says(run_cli: Callable[..., Any], tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    new = run_cli("new", "package", "shop", "--defaults", "--json")
    (shop / "LICENSE").unlink()
    other = tmp_path / "other"
    other.mkdir()
    (other / "setup.py").write_text("import setuptools\n\nsetuptools.setup(name='books')\n")
    (other / "books").mkdir()
    (other / "books/__init__.py").touch()
    answers = {
        "adopt": [run_cli("adopt", "--json", cwd=other)],
        "new, add, remove, set, update, diff --incoming": [
            new,
            run_cli("add", "docker", "--json", "--dry-run", cwd=shop),
            run_cli("update", "--check", "--json", cwd=shop),
            run_cli("diff", "--incoming", "--json", cwd=shop),
            run_cli("add", "drift", "--json", cwd=other),
        ],
        "check": [run_cli("check", "--json", cwd=other)],
        "list": [run_cli("list", "--json")],
        "info": [run_cli("info", "docker", "--json"), run_cli("info", "model-serving", "--json")],
        "diff": [run_cli("diff", "--json", cwd=shop)],
        "doctor": [run_cli("doctor", "--json")],
        "walkthrough": [run_cli("walkthrough", "--json")],
        "walkthrough NAME": [run_cli("walkthrough", "first-experiment", "--json")],
    }
    for name, runs in answers.items():
        kind = TypeAdapter(output.ANSWERS[name])
        for run in runs:
            data = json.loads(run.stdout)
            # Validation drops what the type does not name, so nothing may be missing afterwards.
            assert kind.validate_python(data, strict=True) == data, name


def test_every_command_that_answers_in_json_has_a_type() -> None:
    typed = {part.split()[0] for name in output.ANSWERS for part in name.split(",")}
    context = cli.make_context("scaffolder", ["list"], resilient_parsing=True)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        options = {parameter.name for parameter in command.params}
        # Commands with `--dry-run` print a `Change`, all through the same function.
        assert "as_json" not in options or "dry_run" in options or name in typed, name
