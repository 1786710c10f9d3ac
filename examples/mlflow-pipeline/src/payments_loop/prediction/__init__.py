"""Predictions over HTTP: a fast path in front of the documented routes, scoring, reloading."""
