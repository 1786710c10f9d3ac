"""Generate machine-learning portfolio projects from components, and keep them alive afterwards."""

__version__ = "0.1.0"
