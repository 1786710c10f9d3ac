"""The kind of error that only a model can have."""

from my_project.api.problems import Kind

INFERENCE_FAILED = Kind("inference-failed", 500, "The model failed")
