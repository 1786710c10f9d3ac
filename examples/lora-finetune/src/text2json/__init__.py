"""Text2json: README.md says what it does."""
