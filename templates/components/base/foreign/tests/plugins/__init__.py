"""Fixtures by component: every module here is a pytest plugin; tests/conftest.py names this package."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The package is found when it is not installed, too.
sys.path.insert(0, str(Path(__file__).parents[2].joinpath("src/my_project").parent))

# A busy machine is no failure.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")

pytest_plugins = [f"plugins.{path.stem}" for path in sorted(Path(__file__).parent.glob("[!_]*.py"))]
# They may import each other, so all are announced before the first is imported.
pytest.register_assert_rewrite(*pytest_plugins)
