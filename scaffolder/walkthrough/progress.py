"""Remember how far somebody came in each walkthrough, and where."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """Where a walkthrough goes on.

    Attributes:
        step: number of steps that are done.
        folder: where the next one is carried out.
        began: where each that is done began, to go back to it.
    """

    step: int
    folder: str
    began: tuple[str, ...] = ()


def read(name: str) -> Progress | None:
    """How far the walkthrough of that name got; None if it was not begun, or its folder is gone."""
    try:
        data = json.loads(_file(name).read_text(encoding="utf-8"))
        progress = Progress(int(data["step"]), str(data["folder"]), tuple(map(str, data.get("began", ()))))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return progress if Path(progress.folder).is_dir() else None


def write(name: str, progress: Progress) -> None:
    """Remember it."""
    target = _file(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(progress)), encoding="utf-8")
    partial.replace(target)


def forget(name: str) -> None:
    """Begin anew next time."""
    _file(name).unlink(missing_ok=True)


def _file(name: str) -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "scaffolder/walkthroughs" / f"{name}.json"
