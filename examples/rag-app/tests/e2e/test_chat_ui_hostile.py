"""What documents, file names and models say is shown and never acted upon."""

from playwright.sync_api import Browser, Page, expect
from plugins.chat_ui import OpenPage, add_document, ask
from plugins.rag import ChatServer, Reply

QUESTION = "What does the zorblax protocol demand from visitors?"
SCRIPT = "<script>window.attacked = 1</script><img src=x onerror='window.attacked = 1'>"
LINK = "[click here](javascript:window.attacked=1) ![pixel](https://evil.example/leak?q=1)"
BACKWARDS = "exe\u202egpj.zorblax"
DOCUMENT = f"""# Zorblax {SCRIPT} protocol

## Demands {SCRIPT}

The zorblax protocol demands from visitors that `{SCRIPT}` stays text. {LINK} {BACKWARDS}
"""


def assert_inert(page: Page) -> None:
    """Nothing of it ran, and nothing of it became an element."""
    assert page.evaluate("window.attacked") is None
    for part in ("#turns", "#passage", "#document-list", "#uploads"):
        for tag in ("script", "img", "a", "iframe", "style"):
            expect(page.locator(f"{part} {tag}")).to_have_count(0)


def test_a_hostile_document_is_inert(open_page: OpenPage, address: str) -> None:
    add_document(address, "<img src=x onerror=attacked=1>.md", DOCUMENT.encode())
    page = open_page(address)
    elsewhere: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(address) else elsewhere.append(r.url))
    ask(page, QUESTION)
    expect(page.locator(".source").first).to_contain_text("Zorblax")
    page.locator(".source").first.click()
    expect(page.locator("#passage .hit")).to_contain_text("onerror=")
    assert_inert(page)
    shown = page.locator("body").inner_text()
    assert "\u202e" not in shown
    assert not elsewhere


def test_a_hostile_file_name_is_inert(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.evaluate(
        """name => {
          const files = new DataTransfer();
          files.items.add(new File(["\\u0000"], name));
          dispatchEvent(new DragEvent("drop", {dataTransfer: files, cancelable: true}));
        }""",
        "<img src=x onerror=attacked=1>\u202efdp.md",
    )
    line = page.locator("#uploads li")
    expect(line.locator(".trouble")).to_be_visible()
    expect(line).to_contain_text("<img src=x onerror=attacked=1>fdp.md")
    assert_inert(page)


def test_a_hostile_answer_is_inert(
    open_page: OpenPage, with_model: str, scripted: ChatServer
) -> None:
    said = f"A late book costs twenty cents {SCRIPT} [1]. {LINK} **{SCRIPT}** `{SCRIPT}` [99]"
    scripted.reply(Reply([said]))
    page = open_page(with_model)
    elsewhere: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(with_model) else elsewhere.append(r.url))
    ask(page, "What does a late book cost for each day?")
    expect(page.locator(".answer")).to_contain_text("twenty cents <script>")
    assert_inert(page)
    assert not elsewhere
    # A number without a source is no citation.
    expect(page.locator(".citation", has_text="99")).to_have_count(0)


def test_the_policy_stops_what_would_slip_through(chrome: Browser, address: str) -> None:
    page = chrome.new_page()
    page.goto(address)
    refused = page.evaluate(
        """() => {
          try { document.body.innerHTML = "<b>"; return "allowed"; }
          catch (error) { return error.name; }
        }"""
    )
    assert refused == "TypeError"  # trusted types: not even the page's own code may do this
    page.close()
