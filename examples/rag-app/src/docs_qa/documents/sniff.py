"""What a file is, from its content; its name only decides between kinds of text."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath

from .encoding import utf16
from .model import Failure, Kind

_NAMED: dict[str, Kind] = {
    ".pdf": "pdf",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".docx": "docx",
    ".txt": "text",
    ".text": "text",
    ".rst": "text",
}
_UNSUPPORTED = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "an RTF document; save it as DOCX or PDF"),
    (b"%!PS", "a PostScript file; convert it to PDF"),
)
_OFFICE = (
    ("word/", None),
    ("xl/", "an Excel workbook"),
    ("ppt/", "a PowerPoint presentation; export it as PDF"),
    ("META-INF/", "an OpenDocument or EPUB file; export it as PDF or DOCX"),
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_SOME_HTML = re.compile(r"</(?:p|div|h[1-6]|ul|table|body|article|span)\s*>", re.IGNORECASE)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|~~~|---\n)", re.MULTILINE)
_HEAD = 4096
# Control characters that text does not have: not tabs, breaks and the escape of terminals
_STRANGE = frozenset(range(32)) - frozenset(b"\t\n\x0b\x0c\r\x1b")


def sniff(data: bytes, name: str) -> Kind:
    """Return the kind of a file.

    Args:
        data: its content.
        name: its name or URL, which decides where the content fits several kinds of text.

    Raises:
        Failure: it is empty, of a kind that is not supported, binary, or encrypted by Office.
    """
    if not data.strip(b"\x00\t\n\x0b\x0c\r "):
        raise Failure("empty", "the file is empty")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _archive(data)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(data)
    for start, what in _UNSUPPORTED:
        if data.startswith(start):
            raise Failure("unsupported", f"this is {what}")
    return _text(data, named(name))


def named(name: str) -> Kind | None:
    """Return the kind that the ending of a file name promises, None if it promises none."""
    path = name.split("?", 1)[0].split("#", 1)[0] if "://" in name else name
    return _NAMED.get(PurePosixPath(path).suffix.lower())


def _archive(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Failure("broken", f"the archive (DOCX?) cannot be read: {error}") from error
    for folder, what in _OFFICE:
        if any(entry.startswith(folder) for entry in names):
            if what is None:
                return "docx"
            raise Failure("unsupported", f"this is {what}")
    raise Failure("unsupported", "this is a ZIP archive; unpack it first")


def _compound(data: bytes) -> Kind:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Failure("encrypted", "this Office document has a password; save it without one")
    raise Failure("unsupported", "this is a document of old Office; save it as DOCX or PDF")


def _text(data: bytes, promised: Kind | None) -> Kind:
    head = data[:_HEAD]
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"))
    if not marked and utf16(data) is None:
        strange = sum(head.count(byte) for byte in _STRANGE)
        if b"\x00" in head or strange > 0.02 * len(head):
            raise Failure("binary", "this is no text and no document that is known here")
    text = head.decode("utf-16" if marked else utf16(data) or "utf-8", "replace")
    text = text.removeprefix("\ufeff")
    if _HTML.match(text):
        return "html"
    if promised in ("markdown", "text"):
        return promised
    if _SOME_HTML.search(text):
        return "html"
    return "markdown" if _MARKDOWN.search(text) else "text"
