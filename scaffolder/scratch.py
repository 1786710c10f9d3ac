"""A copy of a project somewhere else, to try a change in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scaffolder import git
from scaffolder.apply import Change, apply
from scaffolder.tree import STAGE


@contextmanager
def changed_copy(root: Path, changes: Sequence[Change]) -> Iterator[Path]:
    """The project with `changes` made, in a temporary folder that is gone afterwards.

    In a git repository it is a worktree of the whole repository, so that what lies around the project and the history
    are there too. It has the files as they are now, committed or not, but none that git ignores.

    Raises:
        EnvironmentLacksError: git is missing or refused.
    """
    with tempfile.TemporaryDirectory(prefix="scaffolder-verify-") as folder:
        place = Path(folder).resolve() / "copy"
        top = git.top_level(root) if git.head(root) else None
        if top:
            git.run(top, *_QUIET, "worktree", "add", "--quiet", "--detach", "--no-checkout", str(place))
        try:
            _copy(top or root, place)
            if top:
                git.run(place, *_QUIET, "reset", "--quiet")
            inside = place / (root.relative_to(top) if top else "")
            apply(inside, changes)
            yield inside
        finally:
            if top:
                git.run(top, "worktree", "remove", "--force", "--force", str(place), check=False)


#: Hooks are for the user's own commands.
_QUIET = ("-c", "core.hooksPath=/dev/null")


def _copy(source: Path, target: Path) -> None:
    for path in _files(source):
        if (source / path).is_symlink() or (source / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / path, target / path, follow_symlinks=False)


def _files(source: Path) -> list[str]:
    """What git would see, also where there is no repository."""
    options = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if git.top_level(source) == source:
        listed = git.run(source, *options).stdout
    else:
        with tempfile.TemporaryDirectory(prefix="scaffolder-git-") as folder:
            git.run(source, "init", "--quiet", "--bare", folder)
            listed = git.run(source, f"--git-dir={folder}", f"--work-tree={source}", *options).stdout
    return [path for path in listed.split("\0") if path and not path.startswith(STAGE)]
