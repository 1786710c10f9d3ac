"""A versioned lake: rows arrive in batches, are checked, taken once, and can be traced for ever."""

from payments_loop.lake.errors import (
    BlockedError,
    LakeError,
    SourceError,
)
from payments_loop.lake.ingest import Ingested, ingest
from payments_loop.lake.schema import conform
from payments_loop.lake.sources import Source, open_source
from payments_loop.lake.store import Lake, open_lake
from payments_loop.lake.types import (
    Appended,
    Batch,
    Manifest,
    Quarantined,
    TableManifest,
)
from payments_loop.lake.verdict import Finding, Severity, Verdict

__all__ = [
    "Appended",
    "Batch",
    "BlockedError",
    "Finding",
    "Ingested",
    "Lake",
    "LakeError",
    "Manifest",
    "Quarantined",
    "Severity",
    "Source",
    "SourceError",
    "TableManifest",
    "Verdict",
    "conform",
    "ingest",
    "open_lake",
    "open_source",
]
