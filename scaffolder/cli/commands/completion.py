"""scaffolder completion"""

from __future__ import annotations

import click


@click.command(short_help="Print the completion script of your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the script that completes commands and names in your shell.

    \b
    scaffolder completion bash >> ~/.bashrc
    """
    from click.shell_completion import get_completion_class

    from scaffolder.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "scaffolder", "_SCAFFOLDER_COMPLETE").source())
    return 0
