"""The page in a real browser, in front of the real service."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from docs_qa.chat.browser import NoBrowserError, chromium
from docs_qa.chat.pictures import served

from .rag import ChatServer

HANDBOOK = """# Quillfeather Library handbook

## Borrowing

Members of the Quillfeather Library may keep a book for three weeks.

### Late returns

A book that comes back late costs twenty cents for each day. The fee stops growing at five euros \
for each book. Children pay no late fees.

### Renewals

A loan can be renewed twice, unless another member has reserved the book.
"""
LATE = "What does a book cost that comes back late?"
RENEW = "How often can a loan be renewed?"
PATIENCE = 60_000  # milliseconds; a busy machine is no failure

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def has_browser() -> None:
    """Skip the tests that need a browser where there is none."""
    try:
        with chromium():
            pass
    except NoBrowserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def chrome(has_browser: None) -> Iterator[Browser]:
    """A browser."""
    del has_browser
    # Not for the whole session: Playwright keeps an event loop running in the main thread, in
    # which other tests could not run theirs.
    expect.set_options(timeout=PATIENCE)
    with chromium() as browser:
        yield browser


@contextmanager
def library(settings: dict[str, str], data: Path, **more: str) -> Iterator[str]:
    """The service with a library of its own in the folder `data`; gives its URL."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APP_")}
    (data / "documents").mkdir()
    own = {"APP_DATA_DIR": str(data), "APP_DOCUMENTS_FOLDER": str(data / "documents")}
    with served(inherited | settings | own | more) as url:
        yield url


@pytest.fixture(scope="session")
def address(
    has_browser: None,
    service_settings: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """URL of a service that knows the handbook and has no language model."""
    del has_browser  # without one there is no need to start anything
    with library(service_settings, tmp_path_factory.mktemp("library")) as url:
        add_document(url, "handbook.md", HANDBOOK.encode())
        yield url


@pytest.fixture
def open_page(chrome: Browser) -> Iterator[OpenPage]:
    """Open the page: `open_page(url, **context)`; fails on errors that the browser reports.

    Scripts and styles that the policy blocks are among those. Responses that are no success are
    not: tests provoke them.
    """
    errors: list[str] = []

    def report(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            errors.append(message.text)

    with ExitStack() as contexts:

        def open_one(url: str, **options: Any) -> Page:
            context = chrome.new_context(**{"reduced_motion": "reduce"} | options)
            contexts.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.on("console", report)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{url}/")
            page.locator("[data-ready]").wait_for()
            return page

        yield open_one
    assert not errors


def stop_the_clock(page: Page) -> None:
    """Let the page's time pass only by `page.clock.run_for`: a slow test then misses nothing."""
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))


def ask(page: Page, question: str) -> None:
    """Type a question, send it, and wait for the complete answer."""
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".turn:last-child .actions").wait_for()


def add_document(url: str, name: str, content: bytes) -> None:
    """Upload a document and wait until it can be found."""
    job = call(url, "PUT", f"/v1/documents/{quote(name, safe='')}", content)["job"]
    while (state := call(url, "GET", f"/v1/jobs/{job}"))["state"] in {"queued", "running"}:
        time.sleep(0.05)
    assert state["state"] == "done", state


def call(url: str, method: str, path: str, content: bytes = b"") -> Any:
    """The JSON that the service answers."""
    answer = httpx2.request(method, url + path, content=content, timeout=60)
    answer.raise_for_status()
    return answer.json()


@pytest.fixture(scope="session")
def scripted() -> Iterator[ChatServer]:
    """A language model under the control of the test."""
    server = ChatServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def with_model(
    has_browser: None,
    scripted: ChatServer,
    service_settings: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """URL of a service that knows the handbook and has the scripted model."""
    del has_browser
    model = {
        "APP_CHAT_MODEL": "openai:scripted",
        "APP_CHAT_URL": f"{scripted.url}/v1",
        "OPENAI_API_KEY": "unused",  # pragma: allowlist secret
    }
    with library(service_settings, tmp_path_factory.mktemp("model"), **model) as url:
        add_document(url, "handbook.md", HANDBOOK.encode())
        yield url
