import json
from pathlib import Path
from typing import Any

import pytest

from payments_loop import report

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
    "plots": [
        {"path": "evidence/load.png", "alt": "Latency by load"},
        {"path": "evidence/gaps.png", "alt": "Gaps"},
    ],
    "details": {},
}


def test_a_record_becomes_a_plot_a_table_more_plots_and_its_provenance() -> None:
    assert report.block(RECORD) == (
        "![Latency by load](evidence/load.png)\n"
        "\n"
        "| Under load | Value | 95 % interval | Note |\n"
        "| :--- | ---: | ---: | :--- |\n"
        "| p99 latency | 4.20 ms | 4.00 to 4.41 | one client |\n"
        "| Throughput | 12,346 requests/s |  |  |\n"
        "\n"
        "![Gaps](evidence/gaps.png)\n"
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
        (0.0, "0"),
        (0.5, "0.500"),
        (0.00001234, "1.23e-05"),
        (12.0, "12.0"),
        (-3.14159, "-3.14"),
        (999.4, "999"),
        (999.6, "1,000"),
        (1234567, "1,234,567"),
        ("v3 | final", "v3 \\| final"),
    ],
)
def test_numbers_are_written_for_reading(number: float | str, text: str) -> None:
    values = [RECORD["values"][1] | {"value": number, "unit": ""}]
    assert f"| Throughput | {text} |" in report.block(RECORD | {"values": values})


@pytest.mark.parametrize(
    ("number", "low", "high", "text"),
    [
        (0.75, 0.698, 0.7956, "0.750 | 0.698 to 0.796"),
        (0.0, 0.0, 0.01264, "0 | 0 to 0.013"),
        (-0.03667, -0.06667, -0.01, "-0.037 | -0.067 to -0.010"),
        (1234.5, 1180.2, 1301.9, "1,234 | 1,180 to 1,302"),
        (52.4, 31.0, 180.0, "52 | 31 to 180"),
        (1.0, 1.0, 1.0, "1.00 | 1.00 to 1.00"),
    ],
)
def test_an_interval_says_how_many_digits_are_worth_writing(
    number: float, low: float, high: float, text: str
) -> None:
    value = RECORD["values"][1] | {"value": number, "low": low, "high": high, "unit": ""}
    assert f"| Throughput | {text} |" in report.block(RECORD | {"values": [value]})


def test_a_block_without_a_record_says_so() -> None:
    text = "<!-- evidence:load -->\nold\n<!-- /evidence:load -->\n"
    assert report.refresh(text, {}).splitlines() == [
        "<!-- evidence:load -->",
        "Not measured yet.",
        "<!-- /evidence:load -->",
    ]


def test_a_block_may_show_some_rows_as_a_list() -> None:
    values = [
        RECORD["values"][0]
        | {"name": "AUC", "value": 0.9034, "unit": "", "low": 0.88, "high": 0.92, "note": "paired"},
        RECORD["values"][0]
        | {"name": "Cost, a|b", "value": 12, "unit": "EUR", "low": None, "high": None, "note": ""},
    ]
    text = "<!-- evidence:load: Cost, *; AUC; gone -->\nold\n<!-- /evidence:load -->\n"
    fresh = report.refresh(text, {"load": RECORD | {"values": values}})
    assert fresh.splitlines()[1:-1] == [
        "- Cost, a\\|b: **12 EUR**",
        "- AUC: **0.903** (95 % interval 0.880 to 0.920; paired)",
    ]
    assert report.refresh(fresh, {"load": RECORD | {"values": values}}) == fresh
    assert "Not measured yet." in report.refresh(text, {"load": RECORD | {"values": values[:0]}})


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
