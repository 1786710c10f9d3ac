"""Pictures of the page in use, and what a browser measures on the way."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from docs_qa.chat.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

START_SECONDS = 300  # a busy machine is no failure
ANSWER_MILLISECONDS = 60_000


class NotServedError(Exception):
    """There is nothing to photograph; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: window in CSS pixels, and how many pixels of the picture each of them gets."""

    name: str
    width: int
    height: int
    scale: int
    scheme: Literal["light", "dark"]
    alt: str


LIGHT = Shot(
    "chat-light",
    1360,
    850,
    2,
    "light",
    "The page: documents on the left, an answer with numbered citations and its sources, "
    "and on the right the cited passage with the sentence that was used",
)
DARK = Shot("chat-dark", 1360, 850, 2, "dark", "The same page in dark colours")
MOBILE = Shot("chat-mobile", 390, 844, 1, "light", "The page on a telephone")


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds in the browser: to the first paint of the page, and to a complete answer."""

    first_paint: float
    answer: float


@contextmanager
def served(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Run `docs-qa serve` on a free port; gives its URL.

    Raises:
        NotServedError: it ended or was not ready in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"APP_PORT": str(port), "APP_HOST": "127.0.0.1", "APP_DRAIN_SECONDS": "0"}
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "docs_qa",
            "--log-level",
            "WARNING",
            "serve",
        ],
        env={**environment, **settings},
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()  # noqa: S310 (our own)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise NotServedError("Not ready; `docs-qa serve` says why")


def take(url: str, questions: Sequence[str], folder: Path, key: str = "") -> Timing:
    """Ask `questions` and write one PNG per shot to `folder`.

    Args:
        url: of the running service.
        questions: two of them; the second one is asked in the same conversation.
        folder: where the pictures go.
        key: an API key, if the service wants one.

    Raises:
        NoBrowserError: there is no browser on this machine.
        NotServedError: the service has no documents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first, second = questions
    with chromium() as browser:
        page = _open(browser, LIGHT, url, key)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        started = time.perf_counter()
        _ask(page, first)
        timing = Timing(paint, (time.perf_counter() - started) * 1000)
        _open_citation(page)
        _save(page, LIGHT, folder)

        page = _open(browser, DARK, url, key)
        _ask(page, first)
        _ask(page, second)
        _save(page, DARK, folder)

        page = _open(browser, MOBILE, url, key)
        _ask(page, second)
        _save(page, MOBILE, folder)
    return timing


def _open(browser: Browser, shot: Shot, url: str, key: str) -> Page:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        device_scale_factor=shot.scale,
        color_scheme=shot.scheme,
        reduced_motion="reduce",  # pictures shall not catch a movement half way
    )
    page = context.new_page()
    if key:
        page.add_init_script(f"sessionStorage.setItem('api-key', {json.dumps(key)})")
    page.goto(f"{url}/ui/")
    page.locator("[data-ready]").wait_for()
    return page


def _ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".turn:last-child .actions").wait_for(timeout=ANSWER_MILLISECONDS)


def _open_citation(page: Page) -> None:
    """Open what the answer cites, or the best passage if it cites nothing."""
    found = page.locator(".citation").or_(page.locator(".source"))
    if not found.count():
        raise NotServedError("No document was found: fill documents/ and run `make sync`")
    found.first.click()
    page.locator("#passage .hit").wait_for()
    page.wait_for_load_state("networkidle")


def _save(page: Page, shot: Shot, folder: Path) -> None:
    page.mouse.move(0, 0)
    page.screenshot(path=folder / f"{shot.name}.png")
    page.context.close()
