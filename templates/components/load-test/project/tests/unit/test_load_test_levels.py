from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from my_project.load import records
from my_project.load.generate import Plan
from my_project.load.levels import Level, missed, table
from my_project.load.summary import Result

PNG = b"\x89PNG\r\n\x1a\n"


def result(p99_ms: float, *, failed: int = 0, cpu: float = 0.01) -> Result:
    latencies = np.full(100, p99_ms * 1e6, dtype=np.int64)
    outcomes = {"200": 100, "503": failed} if failed else {"200": 100}
    return Result(latencies, np.array([5_000], dtype=np.int64), outcomes, 2.0, cpu, 0.5)


def level(*p99s_ms: float, rate: float | None = None, users: int = 4, failed: int = 0) -> Level:
    return Level(Plan(users, rate=rate), [result(value, failed=failed) for value in p99s_ms])


def nothing_succeeded() -> Level:
    none = np.array([], dtype=np.int64)
    return Level(Plan(4), [Result(none, none, {"connection": 3}, 2.0, 0.0, 0.5)])


def test_objective_is_checked_against_the_median_of_the_repetitions() -> None:
    assert missed(level(1, 2, 90), slo_ms=2, most_failures=0) == []
    assert missed(level(1, 3, 90), slo_ms=2, most_failures=0) == [
        "4 at once: p99 is 3.00 ms, the objective is 2 ms"
    ]


def test_failures_miss_the_objective_even_when_what_succeeds_is_fast() -> None:
    assert missed(level(1, failed=100), slo_ms=2, most_failures=0.1) == [
        "4 at once: 50.00% failed (200: 100, 503: 100)"
    ]
    assert missed(level(1, failed=100), slo_ms=None, most_failures=0.5) == []


def test_nothing_that_succeeds_misses_every_objective() -> None:
    failed, slow = missed(nothing_succeeded(), slo_ms=1000, most_failures=0.5)
    assert failed == "4 at once: 100.00% failed (connection: 3)"
    assert slow == (
        "4 at once: no request succeeded in 1 of 1 repetitions (connection: 3):"
        " there is no p99 for the objective of 1000 ms"
    )


def test_table_has_a_row_per_level() -> None:
    lines = table([level(1.5), level(2.5, rate=200)]).splitlines()
    assert lines[0].split() == [
        *("load", "requests", "failed", "req/s", "p50", "ms", "p90", "ms", "p95", "ms", "p99"),
        *("ms", "p99.9", "ms", "max", "ms", "CPU", "us/req", "generator"),
    ]
    assert lines[1].split() == [
        *("4", "at", "once", "100", "0.00%", "50", *["1.50"] * 6, "100", "25%"),
    ]
    assert "200/s" in lines[2]


def test_table_shows_unknown_processor_time_as_a_dash() -> None:
    unknown = Level(Plan(1), [result(1, cpu=0.0)])
    assert table([unknown]).split()[-2:] == ["-", "25%"]


def test_closed_loops_become_the_record_throughput(tmp_path: Path) -> None:
    path = records.write([level(*range(1, 7)), level(*range(2, 8), users=16)], tmp_path)
    record = json.loads(path.read_text())
    values = {value["name"]: value for value in record["values"]}
    assert path == tmp_path / "evidence" / "throughput.json"
    assert values["p99, 4 at once"] | {"note": ""} == {
        "name": "p99, 4 at once",
        "value": 3.5,
        "unit": "ms",
        "low": 1,
        "high": 6,
        "note": "",
    }
    assert values["Throughput, 16 at once"]["value"] == 50
    assert values["Service CPU per request, 4 at once"]["value"] == pytest.approx(100)
    assert (tmp_path / "evidence" / "throughput.png").read_bytes().startswith(PNG)
    assert "--concurrency 4,16 " in record["command"]


def test_an_open_loop_becomes_the_record_latency(tmp_path: Path) -> None:
    path = records.write([level(1, 2, 3, rate=50)], tmp_path)
    record = json.loads(path.read_text())
    values = {value["name"]: value for value in record["values"]}
    assert values["p99.9"]["value"] == 2
    assert values["p99.9"]["low"] is None  # three repetitions give no interval
    assert values["Maximum"]["value"] == 3
    assert values["Rate"]["value"] == 50
    assert (tmp_path / "evidence" / "latency.png").read_bytes().startswith(PNG)
    repetitions = record["details"]["levels"][0]["repetitions"]
    assert repetitions["p99_ms"] == [1, 2, 3]
    assert repetitions["generator_late_p99_ms"] == [0.005] * 3


def test_nothing_that_succeeded_is_not_recorded(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no request succeeded in 1 of 1 repetitions"):
        records.write([nothing_succeeded()], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_repetition_without_an_answer_is_enough_not_to_record(tmp_path: Path) -> None:
    answered, silent = level(1, 2), nothing_succeeded()
    mixed = Level(answered.plan, [*silent.results, *answered.results])
    assert mixed.maximum == 2
    with pytest.raises(ValueError, match=r"1 of 3 repetitions \(200: 200, connection: 3\)"):
        records.write([level(1), mixed], tmp_path)
    assert list(tmp_path.iterdir()) == []
