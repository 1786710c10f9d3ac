"""A world that was played and marked, and keeping what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from payments_loop.pipeline.simulation.marks import FalseAlarm, Mark
from payments_loop.pipeline.simulation.play import Play
from payments_loop.pipeline.simulation.timeline import Timeline
from payments_loop.pipeline.simulation.weeks import Week

FILE = "story.json"


@dataclass(frozen=True)
class Story:
    """One world: what happened, what was noticed and done, and how well it went.

    Attributes:
        played: what was played.
        timeline: what the loop noticed and did.
        weeks: how well each was decided.
        marks: for each incident, whether and when it was noticed.
        false_alarms: alarms without a cause.
        seconds: of processor time that the play took.
    """

    played: Play
    timeline: Timeline
    weeks: tuple[Week, ...]
    marks: tuple[Mark, ...]
    false_alarms: tuple[FalseAlarm, ...]
    seconds: float


_STORY: TypeAdapter[Story] = TypeAdapter(Story)


def keep(story: Story, folder: Path, inputs_sha256: str) -> None:
    """Write it beside what was played, with the hash of all that it depends on."""
    content: dict[str, Any] = {
        "inputs_sha256": inputs_sha256,
        "story": _STORY.dump_python(story, mode="json"),
    }
    (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def recall(folder: Path, inputs_sha256: str) -> Story | None:
    """The story that was kept; None if there is none, or if it would be another one now."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if content["inputs_sha256"] != inputs_sha256:
            return None
        return _STORY.validate_python(content["story"])
    except (OSError, ValueError, TypeError, KeyError, ValidationError):
        return None  # it is told again
