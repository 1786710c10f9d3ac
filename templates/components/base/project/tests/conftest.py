"""Loads the fixtures that components share: every module in tests/plugins is a pytest plugin."""

from pathlib import Path

_MODULES = sorted((Path(__file__).parent / "plugins").glob("[!_]*.py"))
pytest_plugins = [f"plugins.{path.stem}" for path in _MODULES]
