import json
from pathlib import Path
from typing import Any

import pytest

from text2json import report

RECORD: dict[str, Any] = {
    "name": "load",
    "title": "Under load",
    "command": "make evidence",
    "measured_at": "2026-03-01T12:00:00+00:00",
    "commit": "deadbeef" * 5,
    "dirty": False,
    "seed": 7,
    "data_sha256": "cafe" * 16,
    "hardware": {
        "cpu": "Some CPU",
        "cores": 2,
        "memory_gib": 7.8,
        "platform": "Linux 6.1 x86_64",
        "python": "3.12.1",
    },
    "values": [
        {
            "name": "p99 latency",
            "value": 4.2,
            "unit": "ms",
            "low": 4.0,
            "high": 4.41,
            "note": "one client",
        },
        {
            "name": "Throughput",
            "value": 12345.6,
            "unit": "requests/s",
            "low": None,
            "high": None,
            "note": "",
        },
    ],
    "plots": [{"path": "evidence/load.png", "alt": "Latency by load"}],
    "details": {},
}


def test_a_record_becomes_a_table_a_plot_and_its_provenance() -> None:
    assert report.block(RECORD) == (
        "| Under load | Value | 95 % interval | Note |\n"
        "| :--- | ---: | ---: | :--- |\n"
        "| p99 latency | 4.200 ms | 4.000 to 4.410 | one client |\n"
        "| Throughput | 12,346 requests/s |  |  |\n"
        "\n"
        "![Latency by load](evidence/load.png)\n"
        "\n"
        "<sub>Measured 2026-03-01 by `make evidence`; commit `deadbeef`; seed 7; data `cafecafe`; "
        "Some CPU, 2 cores, 7.8 GiB; Python 3.12.1 ([record](evidence/load.json)).</sub>"
    )


def test_columns_and_facts_that_nobody_gave_are_left_out() -> None:
    values = [{"name": "Rows", "value": 10, "unit": "", "low": None, "high": None, "note": ""}]
    unknown: dict[str, Any] = dict.fromkeys(["commit", "dirty", "seed", "data_sha256"])
    hardware = RECORD["hardware"] | {"memory_gib": None}
    given = {"values": values, "plots": [], "hardware": hardware}
    text = report.block(RECORD | unknown | given)
    assert text == (
        "| Under load | Value |\n"
        "| :--- | ---: |\n"
        "| Rows | 10 |\n"
        "\n"
        "<sub>Measured 2026-03-01 by `make evidence`; Some CPU, 2 cores; Python 3.12.1 "
        "([record](evidence/load.json)).</sub>"
    )


def test_uncommitted_changes_are_admitted() -> None:
    assert "`deadbeef` with uncommitted changes" in report.block(RECORD | {"dirty": True})


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.0, "0.000"),
        (0.5, "0.5000"),
        (0.00001234, "1.234e-05"),
        (12.0, "12.00"),
        (-3.14159, "-3.142"),
        (999.94, "999.9"),
        (999.96, "1,000"),
        (1234567, "1,234,567"),
        ("v3 | final", "v3 \\| final"),
    ],
)
def test_numbers_are_written_for_reading(number: float | str, text: str) -> None:
    values = [RECORD["values"][1] | {"value": number, "unit": ""}]
    assert f"| Throughput | {text} |" in report.block(RECORD | {"values": values})


def test_a_block_without_a_record_says_so() -> None:
    text = "<!-- evidence:load -->\nold\n<!-- /evidence:load -->\n"
    assert report.refresh(text, {}).splitlines() == [
        "<!-- evidence:load -->",
        "Not measured yet.",
        "<!-- /evidence:load -->",
    ]


def test_an_empty_block_may_be_kept_but_not_numbers_that_nobody_measured() -> None:
    empty = "<!-- evidence:load -->\n<!-- /evidence:load -->\n"
    assert report.refresh(empty, {}, keep_empty=True) == empty
    claim = "<!-- evidence:load -->\n| p99 | 1 ms |\n<!-- /evidence:load -->\n"
    assert "p99" not in report.refresh(claim, {}, keep_empty=True)
    assert "p99 latency" in report.refresh(empty, {"load": RECORD}, keep_empty=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n<!-- evidence:x -->\n", "line 2: <!-- evidence:x --> is not closed"),
        ("<!-- /evidence:x -->", "line 1: <!-- /evidence:x --> closes nothing"),
        ("<!-- evidence:x -->\n<!-- /evidence:y -->", "line 2: .* closes nothing"),
        ("<!-- evidence:x -->\n<!-- evidence:y -->\n<!-- /evidence:y -->", "line 1: .*not closed"),
    ],
)
def test_markers_without_a_partner_are_refused(text: str, message: str) -> None:
    with pytest.raises(report.ReportError, match=message):
        report.refresh(text, {})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"}', '{"values": 1}', "\x80"])
def test_a_file_that_is_no_record_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(report.ReportError, match=r"broken\.json"):
        report.load(tmp_path)


def test_records_are_loaded_by_name(tmp_path: Path) -> None:
    (tmp_path / "load.json").write_text(json.dumps(RECORD))
    assert report.load(tmp_path) == {"load": RECORD}
    assert report.load(tmp_path / "missing") == {}
