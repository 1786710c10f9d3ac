"""Fraud Scoring: README.md says what it does."""
