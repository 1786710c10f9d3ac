"""Payments Loop: README.md says what it does."""
