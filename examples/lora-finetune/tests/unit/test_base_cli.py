import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from text2json import commands
from text2json.cli import main


def test_every_command_module_has_a_command_with_help() -> None:
    modules = sorted(Path(commands.__path__[0]).glob("[!_]*.py"))
    assert modules
    with click.Context(main) as context:
        for module in modules:
            name = module.stem.replace("_", "-")
            command = main.get_command(context, name)
            assert command is not None, module
            assert command.help, f"{module} has no help"


def test_help_lists_the_commands_and_what_they_do() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert re.search(r"^  evidence +Refresh the tables", result.output, re.MULTILINE)


def test_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["no-such-command"])
    assert result.exit_code == 2
    assert "No such command 'no-such-command'" in result.output


def test_unknown_log_level_in_the_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP_LOG_LEVEL", "LOUD")
    result = CliRunner().invoke(main, ["evidence"])
    assert result.exit_code == 2
    assert "'LOUD' is not one of" in result.output
