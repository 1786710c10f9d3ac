"""Keep what this version generates, so that later versions are tested to update from it; run it at every release.

`python tests/releases/keep.py` writes `<version>.tar.xz` beside itself. With `--older` it writes `0.0.9.tar.xz`, one
that never was: older words and bounds, a file that is no more, one that was not there yet, a question that is gone.
"""

from __future__ import annotations

import io
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

from scaffolder import __version__, catalog, lock, workflow
from scaffolder.project import ANSWERS
from scaffolder.tree import SYMLINK, Entry

FOLDER = Path(__file__).resolve().parent
COMPONENTS = ("ci-github", "docker")
ANSWERED = {"project_name": "shop", "author_name": "Ada", "author_email": "ada@example.org", "python_min": "3.12"}
OLDER = "0.0.9"
#: A file that the older version had and no later one has.
DROPPED = "docs/old-guide.md"


def main() -> int:
    """Write one archive."""
    known = catalog.load()
    proposal = workflow.new(known, "package", FOLDER / "nowhere", added=COMPONENTS, data=ANSWERED)
    files = {path: entry for path, entry in proposal.written.items() if path != lock.NAME}
    version = __version__
    if "--older" in sys.argv:
        version, files = OLDER, older(files)
    made = lock.make("package", proposal.lock.components, files)
    files[lock.NAME] = Entry(replace(made, version=version).dumps().encode())
    with tarfile.open(FOLDER / f"{version}.tar.xz", "w:xz") as archive:
        for path, entry in sorted(files.items()):
            info = tarfile.TarInfo(path)
            info.mode = entry.mode & 0o777
            if entry.mode == SYMLINK:
                info.type, info.linkname = tarfile.SYMTYPE, entry.data.decode()
                archive.addfile(info)
            else:
                info.size = len(entry.data)
                archive.addfile(info, io.BytesIO(entry.data))
    return 0


def older(files: dict[str, Entry]) -> dict[str, Entry]:
    """What an older version might have generated."""

    def edit(path: str, old: str, new: str) -> None:
        text = files[path].data.decode()
        assert old in text, (path, old)
        files[path] = replace(files[path], data=text.replace(old, new).encode())

    edit("pyproject.toml", "pytest>=", "pytest>=0.")
    edit("pyproject.toml", "[tool.ruff]", '[tool.old]\nkey = "no more"\n\n[tool.ruff]')
    edit("README.md", "\n## ", "\nA paragraph that is no more.\n\n## ")
    edit(".gitignore", ".venv/", ".venv/\nold-cache/")
    edit("Makefile", "## setup:", "# An older comment.\n## setup:")
    edit(ANSWERS, "project_name:", "old_question: yes\nproject_name:")
    del files["AGENTS.md"]
    files[DROPPED] = Entry(b"# Guide\n\nIt is no more.\n")
    return files


if __name__ == "__main__":
    sys.exit(main())
