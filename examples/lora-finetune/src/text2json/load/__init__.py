"""A small, accurate HTTP load generator for one service and one address.

Why not an existing tool: wrk, hey, oha and k6 are no Python packages, so they could not run in the
test suite; locust spends more processor time per request than the service that it would measure.
"""
