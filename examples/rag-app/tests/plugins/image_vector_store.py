"""What an image of the tests holds for searching: the embedding model."""

from __future__ import annotations

from pathlib import Path

from docs_qa.store.embeddings.build import build


def write(folder: Path) -> None:
    """Build the model in `folder`, the image's `models/`."""
    build(folder / "embedding")
