"""How a web application that a repository has already takes components up (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scaffolder import sentinels
from scaffolder.facts.application import Application
from scaffolder.foreign import relocate
from scaffolder.foreign.record import Foreign
from scaffolder.manifest import Adds, ByHand, Component, Join


def choose(found: Iterable[Application], package: str, ours: Iterable[str]) -> Application | None:
    """The application that components join: one in their package, if there is any.

    Args:
        ours: paths of files that components brought.
    """
    theirs = [application for application in found if application.path not in set(ours)]
    return min(theirs, key=lambda item: not item.path.startswith(f"{package}/"), default=None)


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
        why = joint.why.replace("MODULE", _module(application.path, record.package))
        yield ByHand(application.path, (sentinels.replace(fitted, record.answers),), why, near)


def _module(path: str, package: str) -> str:
    """The name by which Python imports a file."""
    parent = package.rpartition("/")[0]
    return path.removeprefix(f"{parent}/").removesuffix(".py").replace("/", ".")


def _joint(component: Component, record: Foreign) -> Join | None:
    if component.foreign is None or record.application is None:
        return None
    return component.foreign.join.get(record.application.framework)
