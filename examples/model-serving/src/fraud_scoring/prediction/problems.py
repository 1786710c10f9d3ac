"""The kind of error that only a model can have."""

from fraud_scoring.api.problems import Kind

INFERENCE_FAILED = Kind("inference-failed", 500, "The model failed")
