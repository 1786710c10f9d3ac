"""Decisions over HTTP for callers who know what happens now, and nothing about history."""
