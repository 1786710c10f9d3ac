"""The three-way merge of plain text, by git."""

from __future__ import annotations

import os
import re
from pathlib import Path

from scaffolder.errors import EnvironmentLacksError
from scaffolder.merge.result import Merged

_CONFLICT = re.compile(r"^<{7} yours\n.*?^>{7} incoming$", re.M | re.S)


def merge(base: str | None, ours: str, theirs: str) -> Merged:
    """Merge line by line; conflicts are marked in the text in the style of diff3.

    Raises:
        EnvironmentLacksError: git is not installed, or fails.
    """
    if ours == theirs or base == theirs:
        return Merged(ours)
    if base == ours:
        return Merged(theirs)
    text, conflicts = _merge_file(base or "", ours, theirs)
    return Merged(text, tuple(_places(text)) if conflicts else ())


def _merge_file(base: str, ours: str, theirs: str) -> tuple[str, int]:
    """The merged text and the number of conflicts."""
    import subprocess  # most merges of structured files get here never, and these two cost more than they do
    import tempfile

    # Variables such as GIT_DIR, set inside a hook, must not lead git to another repository's configuration.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
            Path(folder, name).write_bytes(text.encode())
        labels = ("-L", "yours", "-L", "original", "-L", "incoming")
        command = ["git", "merge-file", "--stdout", "--diff3", *labels, "ours", "base", "theirs"]
        try:
            raw = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise EnvironmentLacksError("git is not installed", next_step="install git and try again") from error
    if raw.returncode > 127:  # up to there it is the number of conflicts
        raise EnvironmentLacksError("git merge-file failed", why=raw.stderr.decode(errors="replace").strip())
    return raw.stdout.decode(), raw.returncode


def _places(text: str) -> list[str]:
    places = []
    for match in _CONFLICT.finditer(text):
        first = text.count("\n", 0, match.start()) + 1
        places.append(f"lines {first} to {first + match[0].count(chr(10))}: changed by you and by the incoming version")
    return places or ["changed by you and by the incoming version"]
