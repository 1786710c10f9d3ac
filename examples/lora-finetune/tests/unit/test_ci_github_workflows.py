"""Rules for every workflow of the repository, whoever added it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+(\.\d+)*")

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def load(path: Path) -> dict[str, Any]:
    # BaseLoader keeps `on` a string; YAML 1.1 would read it as true.
    document: dict[str, Any] = yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506
    return document


def commands(workflow: dict[str, Any]) -> Iterator[str]:
    for job in workflow["jobs"].values():
        for step in job.get("steps", []):
            if "run" in step:
                yield step["run"]


def targets() -> set[str]:
    files = [ROOT / "Makefile", *ROOT.glob("mk/*.mk")]
    text = "\n".join(file.read_text() for file in files)
    return set(re.findall(r"^([a-z][\w-]*)::?(?!=)", text, re.MULTILINE))


@every_workflow
def test_actions_are_pinned_by_commit_with_their_version(path: Path) -> None:
    uses = re.findall(r"^\s*(?:- )?uses:\s*(.+?)\s*$", path.read_text(), re.MULTILINE)
    loose = [use for use in uses if not use.startswith("./") and not PINNED.fullmatch(use)]
    assert not loose


@every_workflow
def test_no_permission_is_given_to_all_jobs(path: Path) -> None:
    assert load(path)["permissions"] in ({}, {"contents": "read"})


@every_workflow
def test_every_job_has_a_time_limit(path: Path) -> None:
    jobs = load(path)["jobs"]
    without = [
        name for name, job in jobs.items() if "uses" not in job and "timeout-minutes" not in job
    ]
    assert not without


@every_workflow
def test_make_targets_exist(path: Path) -> None:
    called = re.findall(r"\bmake ([a-z][\w-]*(?: [a-z][\w-]*)*)", "\n".join(commands(load(path))))
    unknown = {target for call in called for target in call.split()} - targets()
    assert not unknown


def test_the_oldest_supported_python_is_tested() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    oldest = re.search(r'^requires-python = ">=([\d.]+)', project, re.MULTILINE)
    assert oldest
    workflow = load(ROOT / ".github" / "workflows" / "ci.yml")
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"][0] == oldest[1]


def test_the_required_check_waits_for_every_other_job() -> None:
    jobs = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    assert set(jobs["passed"]["needs"]) == set(jobs) - {"passed"}
