"""Plays months of generated data through the real steps, and marks the loop against the truth."""
