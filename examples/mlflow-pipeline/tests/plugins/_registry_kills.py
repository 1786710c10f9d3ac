"""Run as a script: `kill -9` after every request of a change, look, and do it again.

    python _registry_kills.py FOLDER promote|rollback|race

`FOLDER` holds a store, models v1 (previous), v2 (champion) and v3 (challenger). What was seen
after each kill is printed as JSON. Forking saves importing MLflow for each.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Once, for all children
import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
import sqlalchemy.orm

from payments_loop.bundle import Registry
from payments_loop.registry import (
    Decision,
    ModelRegistry,
    RegistryError,
)
from payments_loop.tracking import connect

MOST = 60


class Killer:
    """MLflow's client, for so many requests."""

    def __init__(self, client: object, requests: int) -> None:
        self._client = client
        self._left = requests

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(*args: object, **options: object) -> object:
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
            return method(*args, **options)

        return call


def open_registry(root: Path, requests: int | None = None) -> ModelRegistry:
    """The registry in `root`; its process dies instead of sending one more than `requests`."""
    tracking = connect(root)
    if requests is not None:
        tracking.__dict__["client"] = Killer(tracking.client, requests)
    return ModelRegistry(tracking, Registry(root / "models"), audit=root / "audit")


def change(registry: ModelRegistry, what: str) -> None:
    """What is interrupted."""
    if what == "promote":
        registry.promote("v3", reason="test")
    else:
        registry.rollback("test")


def look(root: Path) -> dict[str, object]:
    """What a reader of MLflow and a reader of the folder see."""
    registry = open_registry(root)
    return {"aliases": registry.aliases(), "models": registry.models.aliases()}


def again(root: Path, what: str) -> dict[str, object]:
    """Do it again: a promotion as it is, a rollback only if it had not happened."""
    registry = open_registry(root)
    registry.challenge("v3" if registry.aliases().get("challenger") == "v3" else None)
    if what == "promote" or registry.aliases()["champion"] != "v1":
        change(registry, what)
    records = [(one.action, one.version, one.outcome) for one in registry.history()]
    return look(root) | {"records": records}


def in_child(work: Callable[[], object], answer: Path) -> int:
    """Run `work` in a process of its own, its result in `answer`; returns its status."""
    if (child := os.fork()) == 0:
        status = 1
        try:
            answer.write_text(json.dumps(work()))
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kills(root: Path, what: str) -> None:
    """Interrupt a promotion after 0, 1, 2... requests, a rollback after 0, 4, 8..., to the end."""
    backup = root.with_name(f"{root.name}-backup")
    answer = root.with_name(f"{root.name}-answer")
    shutil.copytree(root, backup)
    sqlalchemy.orm.configure_mappers()
    for requests in range(0, MOST, 1 if what == "promote" else 4):
        shutil.rmtree(root)
        shutil.copytree(backup, root)
        status = in_child(lambda n=requests: change(open_registry(root, n), what), answer)  # type: ignore[misc]
        assert status in {0, -signal.SIGKILL}, status
        seen: dict[str, object] = {"requests": requests, "killed": status != 0}
        assert in_child(lambda: [look(root), again(root, what)], answer) == 0
        seen["left"], seen["again"] = json.loads(answer.read_text())
        print(json.dumps(seen))  # noqa: T201
        if status == 0:
            return


def race(root: Path) -> None:
    """Two promotions at once, both decided against the same champion."""
    children = {}
    for version in ("v1", "v3"):
        if (child := os.fork()) == 0:
            decision = Decision(
                verdict="promote",
                winner=version,
                champion="v2",
                checks=(),
                p_values={version: 0.001},
                alpha=0.05,
                rows=1,
                data_sha256="0" * 64,
            )
            try:
                open_registry(root).promote(version, decision)
            except RegistryError as error:
                root.with_name(f"{version}.txt").write_text(str(error))
                os._exit(3)
            os._exit(0)
        children[child] = version
    outcomes = {}
    for child, version in children.items():
        outcomes[version] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps({"outcomes": outcomes} | look(root)))  # noqa: T201


if __name__ == "__main__":
    if sys.argv[2] == "race":
        race(Path(sys.argv[1]))
    else:
        kills(Path(sys.argv[1]), sys.argv[2])
