"""The entry point: finds the commands, and turns every error into words and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from scaffolder import __version__
from scaffolder.errors import InputError, ScaffolderError

_BUG = 70
_INTERRUPTED = 130
#: What a script may rely on.
EXIT_CODES = {
    0: "done",
    1: "findings or conflicts; only update writes then, with conflict markers that it can take back",
    2: "bad usage or input",
    3: "the environment lacks something: a program, a permission, room on the disk",
    _BUG: "a bug, with a report to send",
    _INTERRUPTED: "interrupted; nothing was left half done",
}
#: `--help` shows the commands by what people do; one that is in no group comes last.
_GROUPS = {
    "Start": ("new", "list", "info"),
    "Change": ("add", "remove", "set", "update", "adopt"),
    "Look": ("diff", "check", "evidence"),
    "Learn": ("walkthrough",),
    "Machine": ("doctor", "completion", "mcp"),
}


class Commands(click.Group):
    """Every module in `scaffolder.cli.commands` is a command of its name; it is imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order of the groups."""
        folder = Path(__file__).parent / "commands"
        found = {path.stem.rstrip("_") for path in folder.glob("[a-z]*.py")}
        ordered = [name for group in _GROUPS.values() for name in group if name in found]
        return ordered + sorted(found - set(ordered))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of that name; None if there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = f"scaffolder.cli.commands.{cmd_name}{'_' if cmd_name in {'set', 'list'} else ''}"
        command: click.Command = import_module(module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Offer the nearest command for one that does not exist."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            nearest = get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f'did you mean "{nearest[0]}"? (scaffolder --help shows all)' if nearest else "scaffolder --help"
            raise InputError(f'there is no command "{args[0]}"', next_step=hint) from error

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, one a line, with their group in front: all of it fits on a screen of 80x24."""
        left = self.list_commands(ctx)
        widest = max(map(len, left))
        formatter.write_paragraph()
        for title, names in (*_GROUPS.items(), ("More", tuple(left))):
            found = [name for name in names if name in left]
            for name in found:
                left.remove(name)
                command = self.get_command(ctx, name)
                assert command
                row = f"  {title if name == found[0] else '':<8} {name:<{widest}}  "
                formatter.write(f"{row}{command.get_short_help_str(limit=formatter.width - len(row))}\n")
        formatter.write("\n  scaffolder COMMAND --help tells more of one. Version: scaffolder --version\n")


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(__version__, message="scaffolder %(version)s")
def cli() -> None:
    """Generate machine-learning projects that are tested, containerised, monitored and measured, and keep them alive.

    Begin with: scaffolder new model-serving my-model
    """


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code, one of `EXIT_CODES`."""
    try:
        result = cli.main(arguments, prog_name="scaffolder", standalone_mode=False)
        sys.stdout.flush()
        return int(result or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.UsageError as error:
        _usage(error)
        return 2
    except ScaffolderError as error:
        say(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\ninterrupted; nothing was left half done", err=True)
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        say(_from_system(error))
        return 3
    except Exception:  # the one place for what nobody foresaw
        return _report_bug()


def say(error: ScaffolderError) -> None:
    """Write an error to standard error: what happened, why, what to do."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {_broken(error.what, 7)}", err=True)
    if error.why:
        click.echo(f"  why:  {_broken(error.why, 8)}", err=True)
    if error.next_step:  # commands are left whole, to be copied
        click.echo(f"  next: {error.next_step}", err=True)


def _broken(text: str, column: int) -> str:
    """Text that begins in that column: on a terminal broken between words, elsewhere and in several lines as it is."""
    if not sys.stderr.isatty() or "\n" in text:
        return text
    import shutil
    import textwrap

    width = max(shutil.get_terminal_size().columns, 40)
    filled = textwrap.fill(
        " " * column + text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return filled[column:]


def _usage(error: click.UsageError) -> None:
    where = error.ctx.command_path if error.ctx else "scaffolder"
    say(ScaffolderError(error.format_message(), next_step=f"{where} --help"))


def _from_system(error: OSError) -> ScaffolderError:
    place = f"{error.filename}: " if error.filename else ""
    return ScaffolderError(
        f"{place}{error.strerror or error}", next_step="check that the place is writable and has room, then run again"
    )


def _report_bug() -> int:
    import platform
    import tempfile
    import traceback

    where = f"scaffolder {__version__}, Python {platform.python_version()}, {platform.platform()}"
    text = f"{where}\n{sys.argv}\n\n{traceback.format_exc()}"
    with tempfile.NamedTemporaryFile(
        "w", prefix="scaffolder-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write(text)
    say(
        ScaffolderError(
            "this is a bug in scaffolder",
            why=traceback.format_exc(limit=0).strip(),
            next_step=f"please report it with {report.name}",
        )
    )
    return _BUG
