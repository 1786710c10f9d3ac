"""One base model in memory, and any number of adapters on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from text2json.llm import LOADING, Loaded, ModelError


class Bank:
    """Switches between the base model and its adapters; used by one thread at a time.

    Args:
        loaded: the base model, without an adapter.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.model: Any = loaded.model  # a PeftModel from the first adapter on
        self._names: dict[str, str] = {}
        self._made = 0

    @property
    def versions(self) -> frozenset[str]:
        """The adapters that are loaded."""
        return frozenset(self._names)

    def add(self, version: str, folder: Path) -> None:
        """Load an adapter.

        Raises:
            ModelError: it cannot be read, or was made for another base model.
        """
        from peft import PeftModel

        name = f"adapter{self._made}"  # PEFT allows no dots in names; versions may have some
        try:
            with LOADING:
                if isinstance(self.model, PeftModel):
                    self.model.load_adapter(str(folder), adapter_name=name)
                else:
                    self.model = PeftModel.from_pretrained(
                        self.model, str(folder), adapter_name=name
                    )
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise ModelError(f"{folder}: not an adapter of {self.loaded.name}: {error}") from error
        self._made += 1
        self._names[version] = name
        self.model.eval()

    def remove(self, version: str) -> None:
        """Free an adapter's memory."""
        self.model.delete_adapter(self._names.pop(version))

    @contextmanager
    def using(self, version: str | None) -> Iterator[Any]:
        """The model with an adapter; None: without any."""
        if version is not None:
            self.model.set_adapter(self._names[version], inference_mode=True)
            yield self.model
        elif self._names or self.model is not self.loaded.model:
            with self.model.disable_adapter():
                yield self.model
        else:
            yield self.model
