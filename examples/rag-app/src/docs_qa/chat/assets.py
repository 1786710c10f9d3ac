"""The files of the page, read once, with what a browser needs to cache them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).parent / "static"
INDEX = "index.html"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file.

    Attributes:
        etag: a strong validator, quoted as the header has it. It is made of the content, so that
            all replicas and all builds of the same version agree.
    """

    body: bytes
    media_type: str
    etag: str

    def unchanged(self, if_none_match: str | None) -> bool:
        """Whether a request with this header has the file already (RFC 9110, section 13.1.2)."""
        if if_none_match is None:
            return False
        known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return self.etag in known or "*" in known


def load(folder: Path = STATIC) -> Mapping[str, Asset]:
    """Read all files of `folder`, by name.

    Raises:
        KeyError: a file is of a type that the page does not use.
    """
    return {path.name: _asset(path) for path in sorted(folder.iterdir())}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    return Asset(body, _MEDIA_TYPES[path.suffix], etag)
