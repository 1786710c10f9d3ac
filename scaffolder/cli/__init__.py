"""The command line: it parses, calls and shows, and decides nothing."""

from __future__ import annotations

from scaffolder.cli.main import main

__all__ = ["main"]
