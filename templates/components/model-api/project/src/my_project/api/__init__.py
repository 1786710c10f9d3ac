"""The prediction service: FastAPI, with a fast path in front of the prediction routes."""
