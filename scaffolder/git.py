"""The few things that are asked of git."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from scaffolder.errors import EnvironmentLacksError
from scaffolder.tree import Entry, Tree


def run(
    root: Path, *arguments: str, check: bool = True, stdin: bytes | None = None, protocols: str = "none"
) -> subprocess.CompletedProcess[str]:
    """Run git in `root`, without prompts, unaffected by an outer repository's environment, and without a network.

    Args:
        protocols: through which it may fetch, separated by colons.

    Raises:
        EnvironmentLacksError: git is not installed, or (with `check`) it failed.
    """
    environment = {
        key: value for key, value in os.environ.items() if key not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    }
    environment |= {
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": protocols,
    }
    try:
        raw = subprocess.run(
            ["git", *arguments], cwd=root, env=environment, input=stdin, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise EnvironmentLacksError("git is not installed", next_step="install git, or use --no-git") from error
    done = subprocess.CompletedProcess(raw.args, raw.returncode, os.fsdecode(raw.stdout), os.fsdecode(raw.stderr))
    if check and done.returncode:
        before = ("", *arguments)
        command = next(word for word, last in zip(arguments, before, strict=False) if "-c" not in (word, last))
        why = (done.stderr or done.stdout).strip()
        raise EnvironmentLacksError(f"git {command} failed", why=why, next_step=_mending(why))
    return done


def _mending(why: str) -> str:
    """What to do about a failure of git."""
    found = re.search(r"'([^']+\.lock)': File exists", why)
    if not found:
        return "mend that, then commit"
    return (
        f"another git may be at work: wait for it; if there is none, one was killed and left its lock, so "
        f"rm {shlex.quote(found[1])}; then run the command again"
    )


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


def blobs(root: Path, wanted: Mapping[str, str]) -> dict[str, bytes]:
    """Contents by SHA-1 blob id, of those that the repository has here; nothing is fetched.

    Args:
        wanted: blob id -> where the file was; a repository with SHA-256 ids is searched for everything that was there.
    """
    try:
        kind = run(root, "rev-parse", "--show-object-format", check=False).stdout.strip()
        if kind != "sha256":
            return _contents(root, wanted)
        listed = run(
            root, "--literal-pathspecs", "log", "--all", "--format=", "--raw", "--no-abbrev", "--", *wanted.values()
        )
    except EnvironmentLacksError:
        return {}
    ids = {line.split()[3] for line in listed.stdout.splitlines()} - {"0" * 64}
    found = {Entry(data).blob_id: data for data in _contents(root, ids).values()}
    return {blob: found[blob] for blob in wanted if blob in found}


def _contents(root: Path, wanted: Iterable[str]) -> dict[str, bytes]:
    left, found = sorted(wanted), dict[str, bytes]()
    while left:
        asked = "".join(f"{blob}\n" for blob in left).encode()
        answer = os.fsencode(run(root, "cat-file", "--batch", check=False, stdin=asked).stdout)
        while answer:
            head, _, answer = answer.partition(b"\n")
            blob = left.pop(0)
            if head.startswith(f"{blob} blob ".encode()):
                size = int(head.rpartition(b" ")[2])
                found[blob], answer = answer[:size], answer[size + 1 :]
        left = left[1:]  # git gives up at an object that a partial clone has left at its origin
    return found


def changed(root: Path) -> list[str]:
    """Tracked files under `root` that differ from the last commit, as `git status` lists them; [] outside git."""
    options = ("--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
    return run(root, "status", *options, "--", ".", check=False).stdout.splitlines()


def top_level(root: Path) -> Path | None:
    """The work tree that `root` belongs to; None outside of one, or without git."""
    try:
        found = run(root, "rev-parse", "--show-toplevel", check=False).stdout.rstrip("\n")
    except EnvironmentLacksError:
        return None
    return Path(found) if found else None


def head(root: Path) -> str:
    """The commit that is checked out; "" where there is none."""
    try:
        return run(root, "rev-parse", "--verify", "--quiet", "HEAD", check=False).stdout.strip()
    except EnvironmentLacksError:
        return ""


def first_commit(root: Path, files: Tree, message: str, author: tuple[str, str]) -> None:
    """Make `root` a repository, or use the one it is, with one commit of `files`, which are there already.

    `git fast-import` writes one pack: adding some hundred files one by one would take several times as long.

    Args:
        author: name and e-mail address, used only where git knows no identity.

    Raises:
        EnvironmentLacksError: git is missing or refused; the files stay.
    """
    known = run(root, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT", check=False).stdout
    committer = known.rpartition(">")[0] + ">" if known else f"{author[0]} <{author[1]}>"
    run(root, "init", "--quiet", "--initial-branch=main", "--template=")
    branch = run(root, "symbolic-ref", "HEAD").stdout.strip()
    stream = [f"commit {branch}\ncommitter {committer} now\n".encode(), _data(message.encode())]
    for path, entry in files.items():
        quoted = path.replace("\\", "\\\\").replace('"', '\\"')
        stream += f'M {entry.mode:o} inline "{quoted}"\n'.encode(), _data(entry.data)
    options = ("--quiet", "--date-format=now", "--depth=0")
    run(root, "-c", "core.compression=0", "fast-import", *options, stdin=b"".join(stream))
    run(root, "read-tree", "HEAD")


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)
