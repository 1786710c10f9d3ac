"""The HTTP service: one ASGI layer around FastAPI, extended by plugins."""
