"""scaffolder adopt"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scaffolder.cli import options


@click.command()
@options.data
@click.option("--package", default="", metavar="FOLDER", help="The import package that components shall join.")
@options.proposal
def command(pairs: tuple[str, ...], package: str, directory: Path, yes: bool, **shown: Any) -> int:
    """Record a repository that came from elsewhere.

    That is written to scaffolder.lock, and nothing else is.

    \b
    scaffolder adopt --dry-run
    scaffolder adopt --package src/shop
    """
    from scaffolder import apply, catalog, facts, show, workflow
    from scaffolder.cli import terminal
    from scaffolder.foreign import adopt, needs
    from scaffolder.proposal import Proposal

    root = facts.root_of(directory)
    with apply.exclusive(root):
        if restored := apply.recover(root):
            click.echo(restored, err=True)
        found = facts.find(root)
        plan, lock = adopt.adoption(root, found, package, options.parse_pairs(pairs))
        assert lock.foreign is not None
        possible = needs.applicable(catalog.load(), root, found, lock.foreign)
        proposal = Proposal(root, plan, lock, lock.foreign.answers)
        if shown["as_json"]:
            if plan.changes and not shown["dry_run"]:
                workflow.carry_out(proposal)
            report = terminal.report(proposal, "adopt", written=bool(plan.changes) and not shown["dry_run"])
            click.echo(show.dumps({**report, "facts": found.data(), "applicable": possible}))
            return 0
        rows = [*found.rows(lock.foreign.package), ("components", ", ".join(possible) or "none")]
        click.echo(show.table(rows, indent=""))
        ask = terminal.interactive() and not yes
        code = terminal.propose(proposal, "adopt", ask=ask, **shown)
        if code is not None:
            return code
    click.echo(show.plan_summary(plan))
    if possible:
        terminal.next_steps(("scaffolder info NAME # what a component is", "scaffolder add NAME --dry-run"))
    return 0
