"""PyTorch for the projects that need it, from a folder of wheels."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

#: Wheels of PyTorch's CPU build in a folder that pip looks into: its own index serves gigabytes, and not everywhere.
WHEELS = sorted(
    wheel
    for folder in os.environ.get("PIP_FIND_LINKS", "").split()
    for wheel in Path(folder).glob(f"torch-*+cpu-cp{sys.version_info.major}{sys.version_info.minor}-*.whl")
)


def use_wheels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install PyTorch from `WHEELS`, by an index in `folder` with the name that projects give to PyTorch's."""
    if not WHEELS:
        pytest.skip("PIP_FIND_LINKS names no folder with a wheel of PyTorch's CPU build for this Python")
    (folder / "torch").mkdir(parents=True, exist_ok=True)
    links = "".join(
        f'<a href="{wheel.as_uri()}#sha256={hashlib.sha256(wheel.read_bytes()).hexdigest()}">{wheel.name}</a>\n'
        for wheel in WHEELS
    )
    (folder / "torch/index.html").write_text(links, encoding="utf-8")
    monkeypatch.setenv("UV_INDEX", f"pytorch-cpu={folder.as_uri()}")
    monkeypatch.setenv("UV_PYTHON", f"{sys.version_info.major}.{sys.version_info.minor}")
