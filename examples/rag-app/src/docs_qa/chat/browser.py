"""A Chromium to test and to photograph the page with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

INSTALLED = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ADVICE = "install one with `playwright install chromium`, or the package chromium of your system"


class NoBrowserError(Exception):
    """There is no browser on this machine; the message says how to get one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium: the one that Playwright has downloaded, else one on the PATH.

    Raises:
        NoBrowserError: there is neither, or Playwright itself is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoBrowserError("Playwright is missing; it is in the group `dev`") from error
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        found = own if Path(own).exists() else _installed()
        browser = playwright.chromium.launch(executable_path=found)
        try:
            yield browser
        finally:
            browser.close()


def _installed() -> str:
    for name in INSTALLED:
        if path := shutil.which(name):
            return path
    raise NoBrowserError(f"No Chromium was found: {ADVICE}")
