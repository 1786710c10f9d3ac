"""The few things that are asked of git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from scaffolder.errors import EnvironmentLacksError


def run(root: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run git in `root`, without prompts and unaffected by an outer repository's environment.

    Raises:
        EnvironmentLacksError: git is not installed, or (with `check`) it failed.
    """
    environment = {
        key: value for key, value in os.environ.items() if key not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    }
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise EnvironmentLacksError("git is not installed", next_step="install git, or use --no-git") from error
    if check and done.returncode:
        raise EnvironmentLacksError(
            f"git {arguments[0]} failed", why=(done.stderr or done.stdout).strip(), next_step="mend that, then commit"
        )
    return done


def identity(root: Path) -> dict[str, str]:
    """The user's name and e-mail address as git knows them, as answers; only those that are set."""
    try:
        lines = run(root, "config", "--get-regexp", r"^user\.(name|email)$", check=False).stdout.splitlines()
    except EnvironmentLacksError:
        return {}
    keys = {"user.name": "author_name", "user.email": "author_email"}
    return {keys[key]: value for key, _, value in (line.partition(" ") for line in lines) if key in keys and value}


def inside_repository(folder: Path) -> bool:
    """Whether `folder` (or its nearest existing parent) belongs to a git work tree."""
    return any((parent / ".git").exists() for parent in (folder, *folder.parents))


def first_commit(root: Path, message: str, author: tuple[str, str]) -> None:
    """Make `root` a repository with one commit of everything in it.

    `author` (name, e-mail) is used only where git knows no identity.

    Raises:
        EnvironmentLacksError: git is missing or refused; the files stay.
    """
    quiet = ("-c", "commit.gpgsign=false", "-c", "maintenance.auto=false")
    commit = ("commit", "--quiet", "--no-verify", "-m", message)
    run(root, "init", "--quiet", "--initial-branch=main", "--template=")
    run(root, "-c", "core.looseCompression=0", "add", "--all")  # git packs and compresses them later
    if run(root, "-c", "user.useConfigOnly=true", *quiet, *commit, check=False).returncode:
        run(root, "-c", f"user.name={author[0]}", "-c", f"user.email={author[1]}", *quiet, *commit)
