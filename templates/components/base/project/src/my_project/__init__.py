"""My Project: README.md says what it does."""
