"""The kind of error that only a model can have."""

from payments_loop.api.problems import Kind

INFERENCE_FAILED = Kind("inference-failed", 500, "The model failed")
