"""DOCX files, made here: styles, lists, tables, tracked changes, bombs."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from plugins.documents import make_docx

from docs_qa.documents import Document, Failure
from docs_qa.documents.formats import Options, read
from docs_qa.documents.settings import Limits


def parse(data: bytes, **limits: int) -> Document:
    return read(data, "rules.docx", Options(Limits(**limits)))


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(one.kind, document.text[one.start : one.end]) for one in document.blocks]


def saved(document: docx.document.Document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_structure() -> None:
    document = parse(
        make_docx(
            ("Title", "House rules"),
            ("Normal", "Welcome."),
            ("Heading 1", "Fees"),
            ("Heading 2", "Late returns"),
            ("List Bullet", "ten cents"),
            ("List Bullet 2", "per day"),
            ("Normal", ""),
            [["Item", "Fee"], ["Book", "1 | 2"]],
            [["A frame around text"]],
            title="Rules 2026",
        )
    )
    assert document.title == "Rules 2026"
    assert [block.level for block in document.blocks if block.kind == "heading"] == [1, 1, 2]
    assert blocks(document)[1:2] + blocks(document)[4:] == [
        ("paragraph", "Welcome."),
        ("list", "- ten cents\n  - per day"),
        ("table", "| Item | Fee |\n| --- | --- |\n| Book | 1 \\| 2 |"),
        ("paragraph", "A frame around text"),
    ]


def test_styles_of_ones_own_inherit_their_level() -> None:
    document = docx.Document()
    style = document.styles.add_style("Kapitel", 1)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("Geb\u00fchren", style="Kapitel")
    own = document.add_paragraph("Eigene Ebene")
    own._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="0"/>'))
    document.add_paragraph("Text.")
    found = parse(saved(document))
    assert [(block.kind, block.level) for block in found.blocks] == [
        ("heading", 2),
        ("heading", 1),
        ("paragraph", 0),
    ]


def test_tracked_changes_read_as_accepted() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("We open at ")
    for tag, text in (("del", "eight"), ("ins", "nine")):
        kind = "delText" if tag == "del" else "t"
        paragraph._p.append(
            parse_xml(
                f'<w:{tag} {nsdecls("w")} w:id="1" w:author="a"><w:r><w:{kind}>{text}</w:{kind}></w:r></w:{tag}>'
            )
        )
    assert parse(saved(document)).text == "We open at nine"


def test_merged_cells_are_read_once() -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Both"
    table.cell(0, 2).text = "Third"
    for column in range(3):
        table.cell(1, column).text = str(column)
    assert parse(saved(document)).text.splitlines() == [
        "| Both |  | Third |",
        "| --- | --- | --- |",
        "| 0 | 1 | 2 |",
    ]


def repacked(data: bytes, **members: bytes) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for name, content in members.items():
            new.writestr(f"word/{name}.xml", content)
    return stream.getvalue()


def test_an_archive_bomb_is_not_unpacked() -> None:
    bomb = repacked(make_docx(("Normal", "x")), bomb=bytes(20_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(Failure, match="unzip_ratio") as failure:
        parse(bomb)
    assert failure.value.reason == "archive-bomb"
    with pytest.raises(Failure, match="unzipped_mib"):
        parse(bomb, unzip_ratio=10_000, unzipped_mib=10)
    assert parse(bomb, unzip_ratio=10_000).text == "x"


def test_entities_are_not_expanded() -> None:
    data = make_docx(("Normal", "MARK"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        body = archive.read("word/document.xml").decode()
    head, rest = body.split("?>", 1)
    secret = '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            changed = f"{head}?>{secret}{rest.replace('MARK', 'MARK &e; END')}"
            new.writestr(name, changed if name == "word/document.xml" else old.read(name))
    assert "root:" not in parse(stream.getvalue()).text
