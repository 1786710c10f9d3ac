"""Kinds are found in the content; names decide only between kinds of text."""

from __future__ import annotations

import io
import zipfile

import pytest
from plugins.documents import make_docx, make_pdf

from docs_qa.documents import Failure
from docs_qa.documents.encoding import decode
from docs_qa.documents.formats import Options, read
from docs_qa.documents.sniff import named, sniff


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"# Title\n", "a.md", "markdown"),
        (b"# Title\n", "a.txt", "text"),
        (b"# Title\n\nText\n", "README", "markdown"),
        (b"plain words", "notes", "text"),
        (b"<!DOCTYPE html><p>x", "a.txt", "html"),
        (b"<?xml version='1.0'?>\n<!-- c --><html>", "a", "html"),
        (b"<p align=center>Logo</p>\n\n# Title", "a.md", "markdown"),
        (b"<div>only</div>", "page", "html"),
        ("\ufeff<html>".encode("utf-16"), "a", "html"),
        ("words, words".encode("utf-16-le"), "a", "text"),
        (b"col1,col2\n1,2\n", "a.csv", "text"),
        (b"ls \x1b[31mred\x1b[0m", "a.log", "text"),
    ],
)
def test_kinds_of_text(data: bytes, name: str, kind: str) -> None:
    assert sniff(data, name) == kind


def test_documents_are_known_whatever_their_name() -> None:
    assert sniff(make_pdf(["x"]), "a.txt") == "pdf"
    assert sniff(b"\n\n" + make_pdf(["x"]), "a.pdf") == "pdf"
    assert sniff(make_docx(("Normal", "x")), "a.pdf") == "docx"


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", "empty", "empty"),
        (b" \n\t\x00", "empty", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "unsupported", "PNG"),
        (b"\x7fELF" + bytes(9), "unsupported", "program"),
        (b"SQLite format 3\x00", "unsupported", "SQLite"),
        (b"{\\rtf1 hello}", "unsupported", "RTF"),
        (archive("xl/workbook.xml"), "unsupported", "Excel"),
        (archive("ppt/slides/slide1.xml"), "unsupported", "PowerPoint"),
        (archive("notes.txt"), "unsupported", "ZIP"),
        (b"PK\x03\x04 and no archive", "broken", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "unsupported", "old Office"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
            "password",
        ),
        (b"text\x00\x01\x02\x03 with zeros", "binary", "no text"),
        (bytes(range(1, 9)) * 40, "binary", "no text"),
    ],
)
def test_what_is_no_document(data: bytes, reason: str, words: str) -> None:
    with pytest.raises(Failure, match=words) as failure:
        sniff(data, "a.md")
    assert failure.value.reason == reason


def test_a_wrong_name_is_noticed() -> None:
    document = read(make_pdf(["Some words."]), "a.docx", Options())
    assert document.metadata["mismatch"] == "named like docx, is pdf"
    assert "mismatch" not in read(make_pdf(["Some words."]), "a.pdf", Options()).metadata


def test_names_of_urls() -> None:
    assert named("https://example.org/a/guide.pdf?version=2#page=3") == "pdf"
    assert named("https://example.org/guide") is None


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        ("\u00fcber".encode(), "\u00fcber", "utf-8"),
        ("\u00fcber".encode("utf-8-sig"), "\u00fcber", "utf-8"),
        ("\u00fcber".encode("utf-16"), "\u00fcber", "utf-16-le"),
        ("a longer text".encode("utf-16-be"), "a longer text", "utf-16-be"),
        (b"\xfcber \x80", "\u00fcber \u20ac", "cp1252 (assumed)"),
        (b"<meta charset='iso-8859-5'>\xb0", "<meta charset='iso-8859-5'>\u0410", "iso8859-5"),
        (b"<meta charset='no-such'>\xfc", "<meta charset='no-such'>\u00fc", "cp1252 (assumed)"),
        (
            "\u00fc".encode() * 600 + b"\xff",
            "\u00fc" * 600 + "\ufffd",
            "utf-8 (damaged)",
        ),
    ],
)
def test_encodings(data: bytes, text: str, encoding: str) -> None:
    assert decode(data) == (text, encoding)


def test_the_fallback_is_configurable() -> None:
    assert decode(b"\xcf\xf0\xe8", "cp1251") == ("\u041f\u0440\u0438", "cp1251 (assumed)")
