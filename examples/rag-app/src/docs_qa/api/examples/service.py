"""Asks what the service is."""

from docs_qa.api.examples import Example


def example() -> Example:
    """The request."""
    return Example("GET", "/v1")
