"""ONNX Runtime, set up for many small requests on few cores."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import onnxruntime as ort  # type: ignore[import-untyped]

Session: TypeAlias = ort.InferenceSession


def session(model: Path | bytes) -> Session:
    """Open a model, a file or its contents, with one thread per call and no busy waiting.

    A single row takes microseconds: handing it to a thread pool costs more than computing it,
    and spinning workers would take the CPU from the event loop. Scale by processes instead.
    """
    ort.disable_telemetry_events()
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    source = model if isinstance(model, bytes) else str(model)
    return Session(source, options, providers=["CPUExecutionProvider"])
