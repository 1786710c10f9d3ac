"""Walkthroughs: Markdown that reads well on its own, and whose every step can be run and checked."""

from __future__ import annotations

from scaffolder.walkthrough.model import Block, Step, Walkthrough
from scaffolder.walkthrough.parse import load, load_all
from scaffolder.walkthrough.run import Runner, StepFailedError

__all__ = ["Block", "Runner", "Step", "StepFailedError", "Walkthrough", "load", "load_all"]
