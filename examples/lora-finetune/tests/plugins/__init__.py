"""Fixtures by component; loaded by tests/conftest.py."""
