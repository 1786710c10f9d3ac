"""Asks what the service is."""

from my_project.api.examples import Example


def example() -> Example:
    """The request."""
    return Example("GET", "/v1")
