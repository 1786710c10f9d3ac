"""The command line; its subcommands are the modules of `commands`."""

import importlib
import pkgutil

import click

from text2json import commands, logs


class Discovered(click.Group):
    """A group whose subcommands are the modules of the package `commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands, sorted."""
        del ctx
        modules = [module.name for module in pkgutil.iter_modules(commands.__path__)]
        return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one subcommand, None where there is no such module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"{commands.__name__}.{name}")
        command: click.Command = module.command
        return command


@click.command(cls=Discovered)
@click.version_option(package_name="text2json")
@click.option(
    "--log-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
    envvar="APP_LOG_LEVEL",
    default="INFO",
    show_default=True,
    show_envvar=True,
    help="Least severity that is logged.",
)
@click.option(
    "--log-format",
    type=click.Choice(["json", "text"], case_sensitive=False),
    envvar="APP_LOG_FORMAT",
    default="json",
    show_default=True,
    show_envvar=True,
    help="One JSON object per line, or text for a terminal.",
)
def main(log_level: str, log_format: str) -> None:
    """Run a part of Text2json."""
    logs.configure(log_level, json_lines=log_format == "json")
