"""Asks what the service is."""

from payments_loop.api.examples import Example


def example() -> Example:
    """The request."""
    return Example("GET", "/v1")
