"""Language models in Hugging Face's format: configured, loaded, prompted, and their adapters."""

from .adapters import Adapters, adapters
from .errors import ModelError
from .generate import generate, prompt
from .load import LOADING, Loaded, load

__all__ = ["LOADING", "Adapters", "Loaded", "ModelError", "adapters", "generate", "load", "prompt"]
