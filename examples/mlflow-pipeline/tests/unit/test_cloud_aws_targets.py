"""The Make targets with a stand-in for the AWS command line, which writes down what it is asked."""

import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
MAKE = shutil.which("make")
STACK = "payments-loop"
pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")
AWS = """#!/bin/sh
echo "$*" >> "$AWS_ASKED"
case "$*" in
  "configure get region") echo eu-west-1 ;;
  "sts get-caller-identity"*) [ -z "$AWS_REFUSES" ] && echo 123456789012 ;;
  *list-change-sets*) echo None ;;
esac
"""


class Cloud:
    """Runs the targets in the project's folder."""

    def __init__(self, folder: Path) -> None:
        self.asked = folder / "asked"
        self.asked.touch()
        self.makefile = folder / "Makefile"
        self.makefile.write_text("include mk/cloud-aws.mk\n", encoding="utf-8")
        self.environment = {"PATH": str(folder), "AWS_ASKED": str(self.asked)}
        self.aws = folder / "aws"
        self.aws.write_text(AWS, encoding="utf-8")
        self.aws.chmod(0o755)

    def make(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run make; `typed` is what its user types."""
        assert MAKE is not None
        return subprocess.run(
            [MAKE, "-f", str(self.makefile), *arguments],
            cwd=PROJECT,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


@pytest.mark.parametrize("target", ["cloud-plan", "cloud-up", "cloud-down"])
def test_missing_command_line_is_said(cloud: Cloud, target: str) -> None:
    cloud.aws.unlink()
    done = cloud.make(target)
    assert done.returncode != 0
    assert "The AWS command line is not installed" in done.stderr


def test_refused_credentials_stop_before_anything_is_changed(cloud: Cloud) -> None:
    cloud.environment["AWS_REFUSES"] = "yes"
    done = cloud.make("cloud-up", "API_CIDR=203.0.113.4/32")
    assert done.returncode != 0
    assert "AWS does not accept these credentials" in done.stderr
    assert "cloudformation" not in cloud.asked.read_text(encoding="utf-8")


def test_plan_is_not_executed(cloud: Cloud) -> None:
    done = cloud.make("cloud-plan", "API_CIDR=203.0.113.4/32")
    assert done.returncode == 0, done.stderr
    [deploy] = [line for line in cloud.asked.read_text("utf-8").splitlines() if " deploy " in line]
    assert "--no-execute-changeset" in deploy
    assert deploy.count("ApiCidr=203.0.113.4/32") == 1


def test_parameters_that_are_not_given_keep_their_values(cloud: Cloud) -> None:
    cloud.make("cloud-up")
    [deploy] = [line for line in cloud.asked.read_text("utf-8").splitlines() if " deploy " in line]
    assert "--no-execute-changeset" not in deploy
    assert "--parameter-overrides" not in deploy


@pytest.mark.parametrize("typed", ["", "yes\n"])
def test_stack_is_deleted_only_when_its_name_is_typed(cloud: Cloud, typed: str) -> None:
    done = cloud.make("cloud-down", typed=typed)
    assert done.returncode != 0
    assert "Nothing was deleted" in done.stderr
    assert "delete-stack" not in cloud.asked.read_text(encoding="utf-8")
    assert cloud.make("cloud-down", typed=f"{STACK}\n").returncode == 0
    assert f"delete-stack --stack-name {STACK}" in cloud.asked.read_text(encoding="utf-8")
