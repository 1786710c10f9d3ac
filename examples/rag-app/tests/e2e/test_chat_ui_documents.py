"""Adding, choosing and deleting documents in a real browser."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from plugins.chat_ui import LATE, OpenPage, ask

WEEKS = " ".join(f"In week {week} the committee decided nothing of note." for week in range(1, 40))
NIGHTS = " ".join(f"In night {night} the sky was full of clouds." for night in range(1, 40))
# Each page fills passages of its own, so that it is clear which page an answer is on.
REPORT = f"""<title>Annual report</title><style>section {{ break-before: page }}</style>
<h1>Annual report</h1><p>{WEEKS}</p><section><h2>Observatory</h2><p>{NIGHTS}</p>
<p>A guided tour of the telescope lasts ninety minutes and costs eleven euros.</p></section>"""


@pytest.fixture(scope="module")
def report(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real PDF: two pages, printed by the browser."""
    page = chrome.new_page()
    page.set_content(REPORT)
    path = tmp_path_factory.mktemp("reports") / "annual report.pdf"
    page.pdf(path=path)
    page.close()
    return path


def choose(page: Page, *files: Path) -> None:
    """Upload through the button and its file dialog."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload files").click()
    chooser.value.set_files(files)


def watch_uploads(page: Page) -> list[str]:
    """All texts that the list of uploads will show, as they come."""
    states: list[str] = []

    def note(text: str) -> None:  # Playwright cannot take the built-in method itself
        states.append(text)

    page.expose_function("note", note)
    page.evaluate(
        """() => {
          const list = document.getElementById("uploads");
          const all = {subtree: true, childList: true, characterData: true};
          new MutationObserver(() => note(list.innerText)).observe(list, all);
        }"""
    )
    return states


def test_a_pdf_is_uploaded_read_and_cited_by_page(
    open_page: OpenPage, address: str, report: Path
) -> None:
    page = open_page(address)
    states = watch_uploads(page)
    choose(page, report)
    row = page.locator(".document").filter(has_text="2 pages")
    expect(row).to_contain_text("PDF")
    expect(page.locator("#uploads li")).to_have_count(0)
    assert any("Sen" in state for state in states)
    assert any("Reading" in state or "Waiting to be read" in state for state in states)

    ask(page, "How long does the guided tour of the telescope take?")
    expect(page.locator(".answer")).to_contain_text("ninety minutes")
    expect(page.locator(".source").first).to_contain_text("Annual report")
    expect(page.locator(".source").first).to_contain_text("page 2")


def test_progress_of_an_upload_is_real(open_page: OpenPage, address: str, tmp_path: Path) -> None:
    large = tmp_path / "large.pdf"
    large.write_bytes(b"\x00 this will be refused once it is there" * 50_000)
    page = open_page(address)
    states = watch_uploads(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    choose(page, large)
    expect(page.locator("#uploads .trouble")).to_be_visible()
    shares = {int(found[1]) for state in states if (found := re.search(r"(\d+) %", state))}
    assert len(shares) > 2, states  # not only the beginning and the end
    assert all(0 <= share < 100 for share in shares)


def test_what_cannot_be_read_is_explained(
    open_page: OpenPage, address: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"\x00\x01\x02 not a document" * 20)
    page = open_page(address)
    choose(page, broken)
    line = page.locator("#uploads li")
    expect(line.locator(".trouble")).to_contain_text(re.compile("cannot be read|not be added"))
    page.get_by_role("button", name="Dismiss broken.pdf").click()
    expect(line).to_have_count(0)


def test_too_much_is_refused_before_it_is_sent(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.method))
    page.evaluate(
        """() => {
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array(25_000_000)], "huge.pdf"));
          dispatchEvent(new DragEvent("drop", {dataTransfer: files, cancelable: true}));
        }"""
    )
    expect(page.locator("#uploads .trouble")).to_contain_text("25.0 MB")
    assert "PUT" not in requests


def test_files_can_be_dropped_and_deleted(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.evaluate(
        """() => {
          const files = new DataTransfer();
          const text = "# Dropped note\\n\\nThe zebra crossing is painted on Tuesdays.";
          files.items.add(new File([text], "dropped.md"));
          dispatchEvent(new DragEvent("dragover", {dataTransfer: files, cancelable: true}));
          dispatchEvent(new DragEvent("drop", {dataTransfer: files, cancelable: true}));
        }"""
    )
    row = page.locator(".document").filter(has_text="Dropped note")
    expect(row).to_be_visible()
    row.hover()
    page.get_by_role("button", name="Delete Dropped note").click()
    page.get_by_role("button", name="Keep it").click()
    expect(row).to_be_visible()
    page.get_by_role("button", name="Delete Dropped note").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_only_chosen_documents_are_searched(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.get_by_role("checkbox", name="Quillfeather Library handbook").check(force=True)
    expect(page.locator("#chips")).to_contain_text("Only Quillfeather Library handbook")
    with page.expect_request("**/v1/ask") as sent:
        ask(page, LATE)
    assert json.loads(sent.value.post_data or "")["filters"] == {"document": ["handbook.md"]}
    page.get_by_role("button", name="Search all documents").click()
    expect(page.locator("#chips")).to_be_hidden()


def test_an_address_is_handed_to_the_service(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.get_by_role("button", name="Add a web page").click()
    page.get_by_label("Address of a web page").fill("http://127.0.0.1:9/private")
    with page.expect_request("**/v1/documents/url") as sent:
        page.keyboard.press("Enter")
    assert json.loads(sent.value.post_data or "") == {"url": "http://127.0.0.1:9/private"}
    # The service does not fetch from its own network, and the page says so.
    expect(page.locator("#uploads .trouble")).to_be_visible()
