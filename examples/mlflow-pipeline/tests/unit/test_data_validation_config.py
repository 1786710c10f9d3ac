from pathlib import Path

import pytest

from payments_loop.lake.verdict import Severity
from payments_loop.validation.config import (
    CONFIG,
    Config,
    Limits,
    ValidationConfigError,
)

SHIPPED = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("size", "expected"), [(0.1, "pass"), (0.11, "warn"), (0.6, "quarantine"), (2.0, "block")]
)
def test_the_worst_limit_that_is_exceeded_counts(size: float, expected: Severity) -> None:
    assert Limits(warn=0.1, quarantine=0.5, block=1).severity(size) == expected


def test_a_severity_without_a_limit_is_never_given() -> None:
    assert Limits(quarantine=0.5).severity(0.4) == "pass"
    assert Limits().severity(float("inf")) == "pass"


def test_the_shipped_file_says_what_holds_without_it(tmp_path: Path) -> None:
    assert Config.load(SHIPPED) == Config.load(tmp_path)


def write(root: Path, text: str) -> None:
    (root / CONFIG).parent.mkdir()
    (root / CONFIG).write_text(text, encoding="utf-8")


def test_a_table_replaces_single_limits(tmp_path: Path) -> None:
    write(
        tmp_path,
        "[batch]\nstale = { block = 9 }\n[tables.returns]\nvolume = { warn = 0.5 }\n",
    )
    config = Config.load(tmp_path)
    assert config.limits("returns").volume == Limits(warn=0.5)
    assert config.limits("returns").stale == Limits(block=9)
    assert config.limits("orders").volume == Limits(warn=0.25)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[batch]\nvolum = { warn = 1 }", "batch.volum"),
        ("[batch]\nvolume = { warn = -1 }", "batch.volume.warn"),
        ("[batch", "cannot be read"),
        ("[reference]\nfalse_alarms = 0", "reference.false_alarms"),
    ],
)
def test_mistakes_name_the_key(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ValidationConfigError, match=words):
        Config.load(tmp_path)
