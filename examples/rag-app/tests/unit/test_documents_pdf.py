"""PDF files, made here: pages, sections from the outline, and what cannot be read."""

from __future__ import annotations

import io

import pytest
from plugins.documents import make_pdf
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject

from docs_qa.documents import Document, Failure, split, worker
from docs_qa.documents.builder import Builder
from docs_qa.documents.formats import Options, pdf_layout, read
from docs_qa.documents.formats.pdf_layout import Heading, Page
from docs_qa.documents.settings import Limits

FEES = "Late returns cost ten cents per day. A lost book costs its price."
HOURS = "The library opens at nine. It closes at five."


def parse(data: bytes, **limits: int) -> Document:
    return read(data, "rules.pdf", Options(Limits(**limits)))


def laid_out(*pages: str, headings: list[Heading] | None = None) -> Document:
    builder = Builder(10_000)
    given = [
        Page(text, [one for one in headings or [] if one.page == number])
        for number, text in enumerate(pages)
    ]
    pdf_layout.lay_out(given, builder)
    return builder.finish("a.pdf", "pdf")


def texts(document: Document) -> list[str]:
    return [document.text[one.start : one.end] for one in document.blocks]


def test_pages_sections_and_metadata() -> None:
    data = make_pdf(
        [HOURS, "", FEES],
        outline=[(1, "Opening", 1), (3, "Fees", 1), (3, "Late returns", 2)],
        title="House rules",
        footer="Town library, page",
    )
    document = parse(data)
    assert (document.kind, document.title, len(document.pages)) == ("pdf", "House rules", 3)
    assert texts(document) == ["Opening", HOURS, "Fees", "Late returns", FEES]
    chunks = split(document)
    assert [(chunk.section, chunk.page) for chunk in chunks] == [
        ("Opening", 1),
        ("Fees > Late returns", 3),
    ]


def test_pages_without_text_are_told() -> None:
    document = parse(make_pdf([HOURS, "", "", FEES, ""]))
    assert document.metadata["pages_without_text"] == "2-3, 5"
    assert [chunk.page for chunk in split(document)] == [1]
    assert len(document.pages) == 5


def test_a_title_that_says_nothing_is_not_taken() -> None:
    assert parse(make_pdf([HOURS], title="Microsoft Word - draft3.doc")).title == "rules"
    assert parse(make_pdf([HOURS])).title == "rules"


def test_a_scan_is_told() -> None:
    with pytest.raises(Failure, match="ocrmypdf") as failure:
        parse(make_pdf(["", ""]))
    assert failure.value.reason == "no-text"


def test_encrypted_files() -> None:
    with pytest.raises(Failure, match="password") as failure:
        parse(make_pdf([HOURS], password="secret"))  # pragma: allowlist secret
    assert failure.value.reason == "encrypted"
    # Only printing is restricted: anybody may read it.
    assert parse(make_pdf([HOURS], password="")).text == HOURS


def test_too_many_pages() -> None:
    with pytest.raises(Failure, match=r"3 pages.*limits\.pages") as failure:
        parse(make_pdf([HOURS] * 3), pages=2)
    assert failure.value.reason == "too-long"


def test_running_lines_go_and_numbers_in_the_text_stay() -> None:
    pages = [
        f"Annual report\n{10 * number} books were lost.\n\nChapter {number}: Losses   {number}"
        for number in range(1, 5)
    ]
    document = laid_out(*pages)
    assert texts(document) == [f"{10 * number} books were lost." for number in range(1, 5)]


def test_numbers_at_the_edges_that_count_nothing_stay() -> None:
    document = laid_out("Total\n17", "Total\n4", "Sum\n99")
    assert texts(document) == ["Total 17", "Total 4", "Sum 99"]


def test_the_table_of_contents_goes_where_the_outline_has_it() -> None:
    fees = Heading("Fees", 1, 1)
    pages = ("Fees . . . . . . . . 2\nCoffee ........ 3", "1. Fees\nPay here.")
    assert texts(laid_out(*pages, headings=[fees])) == ["Coffee ........ 3", "Fees", "Pay here."]
    assert "Fees . . . . . . . . 2" in texts(laid_out(*pages))[0]


def test_words_divided_between_lines() -> None:
    lines = "The exam-\nple is well-\nknown. An example: well-known\nand X-\nRay."
    assert texts(laid_out(lines)) == [
        "The example is well-known. An example: well-known and X- Ray."
    ]


def test_a_sentence_goes_on_on_the_next_page() -> None:
    document = laid_out("It began here and", "went on there. Next.", "New page.")
    assert texts(document) == ["It began here and went on there. Next.", "New page."]
    assert [document.text[start:][:4] for start in document.pages] == ["It b", "went", "New "]


def test_paragraphs_end_at_short_lines_and_items_begin_lists() -> None:
    full = "a line of the usual length, as most lines of a text are"
    document = laid_out(
        f"{full}\n{full}\nends.\nNew paragraph {full}\n\n- one item\n- another\n  goes on"
    )
    assert [block.kind for block in document.blocks] == ["paragraph", "paragraph", "list"]
    assert texts(document)[-1] == "- one item\n- another goes on"


def test_a_heading_over_two_lines_and_one_that_is_not_on_the_page() -> None:
    headings = [Heading("A very long heading indeed", 1, 0), Heading("Invisible", 2, 0)]
    document = laid_out("Before.\n\nA very long\nheading indeed\nAfter.", headings=headings)
    assert texts(document) == ["Before.", "A very long heading indeed", "Invisible", "After."]


def broken_pages(*broken: int) -> bytes:
    """A PDF of which some pages (from 0) are compressed in a way that nobody knows."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf([HOURS, FEES]))))
    for number in broken:
        content = StreamObject()
        content.set_data(b"?")
        content[NameObject("/Filter")] = NameObject("/NoSuchFilter")
        writer.pages[number][NameObject("/Contents")] = writer._add_object(content)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_broken_page_does_not_take_the_others_with_it() -> None:
    document = parse(broken_pages(0))
    assert texts(document) == [FEES]
    assert document.metadata["pages_unreadable"] == "1"
    assert document.pages == (0, 0)


def test_broken_pages_only() -> None:
    with pytest.raises(Failure, match="no page") as failure:
        parse(broken_pages(0, 1))
    assert failure.value.reason == "broken"


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
def test_a_truncated_file_is_told(share: float) -> None:
    data = make_pdf([HOURS])
    answer = worker.answer(data[: int(share * len(data))], "a.pdf", Options())
    assert answer.get("reason") in ("broken", "no-text") or answer["document"]["text"] == HOURS
