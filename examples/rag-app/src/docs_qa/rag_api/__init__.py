"""Answers, search, documents and feedback over HTTP."""
