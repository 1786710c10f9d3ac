"""Docs QA: README.md says what it does."""
