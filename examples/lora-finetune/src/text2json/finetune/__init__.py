"""Fine-tuning with LoRA, or of all weights, on one process or many."""

from .errors import FinetuneError
from .settings import Settings, load_settings

__all__ = ["FinetuneError", "Settings", "load_settings"]
