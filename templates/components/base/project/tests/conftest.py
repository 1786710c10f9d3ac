"""Settings of all tests; every module in tests/plugins is a pytest plugin with shared fixtures."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure: time is measured by `make evidence`, not by property tests.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")

_MODULES = sorted((Path(__file__).parent / "plugins").glob("[!_]*.py"))
pytest_plugins = [f"plugins.{path.stem}" for path in _MODULES]
# They may import each other, so all are announced before the first is imported.
pytest.register_assert_rewrite(*pytest_plugins)
