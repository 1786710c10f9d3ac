"""Asks what the service is."""

from text2json.api.examples import Example


def example() -> Example:
    """The request."""
    return Example("GET", "/v1")
