"""One module per command; adding a file is registration."""
