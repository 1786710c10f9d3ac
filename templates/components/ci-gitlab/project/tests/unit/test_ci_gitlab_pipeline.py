"""Rules for every job of the pipeline."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
JOBS = {
    name: part
    for name, part in PIPELINE.items()
    if isinstance(part, dict) and "script" in part and not name.startswith(".")
}

every_job = pytest.mark.parametrize("name", sorted(JOBS))


def targets() -> set[str]:
    files = [ROOT / "Makefile", *ROOT.glob("mk/*.mk")]
    text = "\n".join(file.read_text() for file in files)
    return set(re.findall(r"^([a-z][\w-]*)\s*::?(?!=)", text, re.MULTILINE))


def ancestors(name: str) -> list[dict[str, Any]]:
    """The job and what it extends, nearest first."""
    job = JOBS.get(name) or PIPELINE[name]
    return [job, *(ancestors(job["extends"]) if "extends" in job else [])]


@every_job
def test_a_job_has_a_time_limit_and_a_pinned_image(name: str) -> None:
    parts = ancestors(name)
    assert any("timeout" in part for part in parts)
    images = [part["image"] for part in parts if "image" in part]
    assert images
    assert all(re.search(r":\d+\.\d+", image) for image in images)


@every_job
def test_make_targets_exist(name: str) -> None:
    called = re.findall(r"\bmake ([a-z][\w-]*(?: [a-z][\w-]*)*)", "\n".join(JOBS[name]["script"]))
    assert {target for call in called for target in call.split()} <= targets()


def test_the_oldest_supported_python_is_tested() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    oldest = re.search(r'^requires-python = "(?:>=|~=)([\d.]+)', project, re.MULTILINE)
    assert oldest
    tested = [
        row["PYTHON"] for job in JOBS.values() for row in job.get("parallel", {}).get("matrix", [])
    ]
    assert any(pythons[0] == oldest[1] for pythons in tested)
