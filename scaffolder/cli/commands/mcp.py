"""scaffolder mcp"""

from __future__ import annotations

import click


@click.command(short_help="Serve these commands to coding agents.")
def command() -> int:
    """Serve these commands to coding agents (Model Context Protocol, stdio).

    \b
    pip install "scaffolder[mcp]"
    claude mcp add scaffolder -- scaffolder mcp
    """
    from scaffolder.errors import EnvironmentLacksError

    try:
        from scaffolder import agents

        server = agents.server()
    except ImportError as error:
        raise EnvironmentLacksError(
            "the library that this needs is not installed", why=str(error), next_step='pip install "scaffolder[mcp]"'
        ) from error
    server.run("stdio")
    return 0
