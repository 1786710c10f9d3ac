"""Asks what the service is."""

from fraud_scoring.api.examples import Example


def example() -> Example:
    """The request."""
    return Example("GET", "/v1")
