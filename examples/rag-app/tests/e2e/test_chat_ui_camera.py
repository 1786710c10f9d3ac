"""The pictures of the README, taken of the real page."""

import struct
from pathlib import Path

from plugins.chat_ui import LATE, RENEW

from docs_qa.chat import pictures


def size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def test_pictures_are_taken_and_timed(address: str, tmp_path: Path) -> None:
    timing = pictures.take(address, (LATE, RENEW), tmp_path)
    for shot in (pictures.LIGHT, pictures.DARK, pictures.MOBILE):
        expected = (shot.width * shot.scale, shot.height * shot.scale)
        assert size(tmp_path / f"{shot.name}.png") == expected
    assert 0 < timing.first_paint < 60_000
    assert 0 < timing.answer < 60_000
