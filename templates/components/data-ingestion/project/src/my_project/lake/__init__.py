"""A versioned lake: rows arrive in batches, are checked, taken once, and can be traced for ever."""

from my_project.lake.errors import (
    BlockedError,
    LakeError,
    SourceError,
)
from my_project.lake.ingest import Ingested, ingest
from my_project.lake.schema import conform
from my_project.lake.sources import Source, open_source
from my_project.lake.store import Lake, open_lake
from my_project.lake.types import (
    Appended,
    Batch,
    Manifest,
    Quarantined,
    TableManifest,
)
from my_project.lake.verdict import Finding, Severity, Verdict

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
