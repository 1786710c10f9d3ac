"""Merges an adapter into its base, and writes the result for other programs to load."""
