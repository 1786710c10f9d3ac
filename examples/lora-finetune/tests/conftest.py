"""Settings of all tests; every module in tests/plugins is a pytest plugin with shared fixtures."""

from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, and no limit of time: a busy machine is no failure.
# `pytest --hypothesis-profile=default` looks for new ones.
settings.load_profile("ci")

_MODULES = sorted((Path(__file__).parent / "plugins").glob("[!_]*.py"))
pytest_plugins = [f"plugins.{path.stem}" for path in _MODULES]
# They may import each other, so all are announced before the first is imported.
pytest.register_assert_rewrite(*pytest_plugins)
