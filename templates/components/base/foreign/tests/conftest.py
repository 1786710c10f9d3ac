"""Finds the fixtures of the components in tests/plugins."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
pytest_plugins = ["plugins"]
