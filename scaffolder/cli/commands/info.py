"""scaffolder info"""

from __future__ import annotations

from typing import Any

import click

from scaffolder.cli import options


@click.command(short_help="Tell what a component or project is.")
@click.argument("name", type=options.COMPONENT)
@options.catalogs
@options.as_json
def command(name: str, catalogs: tuple[str, ...], as_json: bool) -> int:
    """Tell what a component or project is, needs, asks and writes."""
    from scaffolder import catalog, show
    from scaffolder.cli import terminal
    from scaffolder.compose import compose

    known = catalog.load_all(catalogs)
    if name in known.projects:
        item = known.projects[name]
        stack = known.resolve(item.components)
        facts: dict[str, Any] = {"project": name, "summary": item.summary, "components": list(stack)}
        text = ""
    else:
        component = known.component(name)
        stack = known.resolve([name])
        facts = {
            "component": name,
            "summary": component.summary,
            "requires": list(component.requires),
            "provides": list(component.provides),
            "conflicts": list(component.conflicts),
            "needs": list(component.needs),
        }
        readme = component.folder / "README.md"
        text = readme.read_text(encoding="utf-8").partition("\n")[2].strip() if readme.exists() else ""
        text = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")  # no terminal sequences
    template = compose(known, stack)
    own = [path for path, owner in template.owners.items() if name in known.projects or owner == name]
    facts |= {"questions": template.asked, "files": own}
    if as_json:
        click.echo(show.dumps(facts))
        return 0
    every = () if name in known.projects else compose(known, known.resolve(())).asked  # what any project is asked
    facts["questions"] = [key for key in template.asked if key not in every]
    rows = [(key, _words(value)) for key, value in facts.items() if key != "files" and value]
    click.echo(show.table([*rows, ("files", str(len(own)))], indent="", width=terminal.width()))
    if text:
        click.echo(f"\n{show.reflow(text, terminal.width())}")
    begin = f"new {name} my-project" if name in known.projects else f"add {name} # in a project"
    terminal.next_steps([f"scaffolder {begin}"])
    return 0


def _words(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
