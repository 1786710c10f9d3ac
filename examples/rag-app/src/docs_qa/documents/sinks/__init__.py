"""Where chunks go: a module of this package that exports `open_sink`, or else JSON lines.

    def open_sink() -> AbstractContextManager[Sink]

A component that brings an index adds such a module; there may be one.
"""

from __future__ import annotations

import importlib
import pkgutil
from contextlib import AbstractContextManager

from docs_qa.documents.files_sink import FilesSink
from docs_qa.documents.model import Sink
from docs_qa.documents.settings import Settings


def open_sink(settings: Settings) -> AbstractContextManager[Sink]:
    """Open the sink of this project.

    Raises:
        RuntimeError: there are several, and which one is meant cannot be told.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    if not names:
        return FilesSink(settings.data_dir / "chunks")
    if len(names) > 1:
        raise RuntimeError(f"several sinks: {', '.join(names)}; keep one in {__name__}")
    module = importlib.import_module(f"{__name__}.{names[0]}")
    sink: AbstractContextManager[Sink] = module.open_sink()
    return sink
