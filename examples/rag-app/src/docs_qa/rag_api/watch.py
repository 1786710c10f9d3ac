"""Notices changes in the folder of documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

MISSING_SECONDS = 10.0


async def changes(folder: Path) -> AsyncIterator[None]:
    """Yield once at the beginning, and then whenever files in `folder` have changed.

    Changes within about two seconds are one: who copies a folder does not start a hundred syncs.
    """
    from watchfiles import awatch

    while not await asyncio.to_thread(folder.is_dir):  # noqa: ASYNC110 (no event tells)
        await asyncio.sleep(MISSING_SECONDS)
    yield
    async for _ in awatch(folder):
        yield
