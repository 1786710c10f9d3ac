"""How a web application that a repository has already takes components up (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from scaffolder import sentinels
from scaffolder.errors import InputError
from scaffolder.facts.application import Application
from scaffolder.foreign import relocate
from scaffolder.foreign.record import Foreign
from scaffolder.manifest import Adds, ByHand, Component, Join


def candidates(found: Iterable[Application], record: Foreign, ours: Iterable[str]) -> list[Application]:
    """The applications that components may join: the recorded one, else those in their package, else any.

    Args:
        ours: paths of files that components brought.
    """
    theirs = [application for application in found if application.path not in set(ours)]
    recorded = [item for item in theirs if record.application and name(item) == name(record.application)]
    return recorded or [item for item in theirs if item.path.startswith(f"{record.package}/")] or theirs


def choose(
    components: Iterable[Component], found: Iterable[Application], record: Foreign, ours: Iterable[str], wanted: str
) -> Application | None:
    """The application that components join.

    Args:
        wanted: which one, as `path:variable` or `module:variable`; "" where there is no choice.

    Raises:
        InputError: it is not there; or there are several, and a component joins one.
    """
    theirs = candidates(found, record if not wanted else replace(record, application=None, package=""), ours)
    names = [name(item) for item in theirs]
    if wanted:
        fitting = [item for item in theirs if wanted in {name(item), f"{_module(item.path, record)}:{item.variable}"}]
        if not fitting:
            there = f"there are: {', '.join(names)}" if names else "leave it out"
            raise InputError(f'there is no application "{wanted}" here', next_step=there)
        return fitting[0]
    if len(theirs) > 1 and any(part.foreign and part.foreign.join for part in components):
        raise InputError(
            f"there are several applications: {', '.join(names)}",
            why="the components can join one of them",
            next_step=f"run the command again with the one that you mean: --data application={names[0]}",
        )
    return theirs[0] if len(theirs) == 1 else None  # what no component asked for is still to be chosen


def name(application: Application) -> str:
    """How an application is named by a person."""
    return f"{application.path}:{application.variable}"


def adds(component: Component, record: Foreign) -> Adds:
    """What the joint adds to shared files."""
    joint = _joint(component, record)
    return joint.adds if joint else {}


def by_hand(component: Component, record: Foreign) -> Iterator[ByHand]:
    """The lines that make the joint."""
    joint, application = _joint(component, record), record.application
    if joint is None or application is None:
        return
    line = joint.factory if application.factory else joint.application
    line = line.replace("APPLICATION", application.variable)
    for text, near in ((joint.importing, ""), (line, application.variable)):
        fitted = relocate.text(application.path, text, record)
        why = joint.why.replace("MODULE", _module(application.path, record))
        yield ByHand(application.path, (sentinels.replace(fitted, record.answers),), why, near)


def _module(path: str, record: Foreign) -> str:
    """The name by which Python imports a file."""
    parent = record.package.rpartition("/")[0]
    return path.removeprefix(f"{parent}/").removesuffix(".py").replace("/", ".")


def _joint(component: Component, record: Foreign) -> Join | None:
    if component.foreign is None or record.application is None:
        return None
    return component.foreign.join.get(record.application.framework)
