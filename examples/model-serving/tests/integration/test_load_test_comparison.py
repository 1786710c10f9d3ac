from __future__ import annotations

import asyncio
import json
import os
import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import mlflow.sklearn
import numpy as np
import pytest
from click.testing import CliRunner
from plugins.load_test import Respond, Serve
from sklearn.ensemble import HistGradientBoostingClassifier

from fraud_scoring import tracking
from fraud_scoring.bundle import Bundle
from fraud_scoring.commands import compare_serving
from fraud_scoring.load import (
    compare,
    comparison_record,
    contenders,
)
from fraud_scoring.load.contenders import (
    FLOOR,
    MLFLOW,
    NAIVE,
    OURS,
    ComparisonError,
    Contender,
)
from fraud_scoring.load.generate import Plan
from fraud_scoring.load.service import Service
from fraud_scoring.load.summary import Result
from fraud_scoring.tracking import Tracking

BUSY = Plan(2, duration=0.05, warm_up=0)
STEADY = Plan(2, duration=0.05, rate=50, warm_up=0)
ROW: dict[str, float | str | None] = {"amount": 12.5, "age_days": None, "channel": "web"}


def answer(status: str = "200 OK", probability: float = 0.25) -> Respond:
    body = json.dumps({"probability": probability}).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return lambda _: (0.0, head + body)


@pytest.fixture
def contend(serve: Serve) -> Callable[[str, Respond], Contender]:
    """Make a contender that answers as it is told."""

    def make(name: str, respond: Respond) -> Contender:
        @contextmanager
        def start() -> Iterator[Service]:
            with serve(respond) as target:
                yield Service(f"http://127.0.0.1:{target.port}", os.getpid())

        read = None if name == FLOOR else lambda found: found["probability"]
        return Contender(name, start, "/p", [b'{"a": 1}', b'{"a": 2}'], read)

    return make


Contend = Callable[[str, Respond], Contender]


@pytest.fixture
def four(contend: Contend) -> list[Contender]:
    """All contenders; their probabilities differ by less than is tolerated."""
    probabilities = {OURS: 0.25, NAIVE: 0.250001, MLFLOW: 0.25, FLOOR: 0.9}
    return [contend(name, answer(probability=p)) for name, p in probabilities.items()]


def test_contenders_are_measured_in_rounds_and_recorded(
    four: list[Contender], tmp_path: Path
) -> None:
    words: list[str] = []
    compared = compare.compare(four, BUSY, STEADY, 6, words.append)
    assert words == [
        *(f"starting {contender.name}" for contender in four),
        *(f"round {number} of 6" for number in range(1, 7)),
    ]
    assert compared.largest_difference == pytest.approx(1e-6)
    assert all(len(found.busy) == 6 for found in compared.contenders.values())
    record = json.loads(comparison_record.write(compared, BUSY, STEADY, 6, tmp_path).read_text())
    values = {value["name"]: value for value in record["values"]}
    ratio = values[f"CPU per request, {NAIVE} / {OURS}"]
    assert 0.3 < ratio["value"] < 3  # all four are the same code
    assert ratio["low"] <= ratio["value"] <= ratio["high"]
    assert {f"p99, {name}" for name in (OURS, NAIVE, MLFLOW, FLOOR)} <= values.keys()
    assert (tmp_path / comparison_record.PICTURE).read_bytes().startswith(b"\x89PNG")
    lines = comparison_record.table(compared).splitlines()
    assert [OURS in line for line in lines[1:5]] == [True, False, False, False]


def test_services_with_other_answers_are_not_compared(contend: Contend) -> None:
    pair = [contend(OURS, answer()), contend(NAIVE, answer(probability=0.26))]
    with pytest.raises(ComparisonError, match=r"differ by 0\.01"):
        compare.compare(pair, BUSY, STEADY, 1, lambda _: None)


def test_service_that_fails_is_not_compared(contend: Contend) -> None:
    with pytest.raises(ComparisonError, match="answered 500"):
        compare.compare([contend(OURS, answer("500 No"))], BUSY, STEADY, 1, lambda _: None)


def test_service_that_fails_under_load_is_not_compared(contend: Contend) -> None:
    good, bad = answer()(0), answer("503 Busy")(0)
    # The first two answers are for the check of the probabilities.
    flaky = contend(OURS, lambda number: good if number < 3 else bad)
    with pytest.raises(ComparisonError, match="failed requests"):
        compare.compare([flaky], BUSY, STEADY, 1, lambda _: None)


def test_naive_service_answers_like_the_model(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3)).astype(np.float32)
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, X[:, 0] > X[:, 2])
    monkeypatch.setattr(mlflow.sklearn, "load_model", lambda _uri: model)
    monkeypatch.setattr(contenders, "_uvicorn", lambda *arguments: nullcontext(arguments))
    store = cast(Tracking, SimpleNamespace(active=nullcontext))
    with contenders._naive(tiny_bundle, "models:/x/1", store, tmp_path) as started:
        module, ready, environment = cast(tuple[str, str, dict[str, str]], started)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    naive = runpy.run_path(str(contenders.FOLDER / f"{module}.py"))
    assert ready in {route.path for route in naive["app"].routes}
    found = asyncio.run(naive["predict"](naive["Request"](features=ROW))).probability
    expected = model.predict_proba(tiny_bundle.encode([ROW]))[0, 1]
    assert found == pytest.approx(expected)


def test_floor_answers_like_this_service() -> None:
    with contenders._floor() as floor:
        found = compare.ask(floor.target("/"), b"{}")
    assert found.keys() == {
        *("probability", "decision", "threshold", "model_version", "request_id"),
    }


def test_contenders_get_the_same_rows_in_their_own_formats(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contenders, "sample", lambda rows, **_: [ROW] * rows)
    versions = [
        SimpleNamespace(name="m", version="1", tags={"bundle": "older"}),
        SimpleNamespace(name="m", version="2", tags={"bundle": tiny_bundle.version}),
    ]
    client = SimpleNamespace(search_model_versions=lambda _filter: versions)
    monkeypatch.setattr(tracking, "connect", lambda _root: SimpleNamespace(client=client))
    found = {c.name: c for c in contenders.contenders(tiny_bundle, tmp_path, tmp_path)}
    assert json.loads(found[OURS].bodies[0]) == {"features": ROW}
    assert found[NAIVE].bodies == found[FLOOR].bodies == found[OURS].bodies
    assert json.loads(found[MLFLOW].bodies[0]) == {
        "dataframe_split": {"columns": list(ROW), "data": [[12.5, None, 2.0]]}
    }
    versions.pop()
    with pytest.raises(ComparisonError, match="make train"):
        contenders.contenders(tiny_bundle, tmp_path, tmp_path)


def test_command_shows_and_records(
    four: list[Contender],
    champion_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compared(
        found: list[Contender], busy: Plan, steady: Plan, rounds: int, _: object
    ) -> compare.Comparison:
        assert found is four
        assert (busy.rate, steady.rate, rounds) == (None, 50, 1)
        latencies = np.array([10**6], dtype=np.int64)
        result = Result(latencies, latencies, {"200": 1}, 1.0, 0.001, 0.0)
        measured = {c.name: compare.Measured([result], [result], 2**20) for c in found}
        return compare.Comparison(measured, 0.0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(contenders, "contenders", lambda *_: four)
    monkeypatch.setattr(compare, "compare", compared)
    arguments = ["--rounds", "1", "--rate", "50", "--models-dir", str(champion_dir)]
    result = CliRunner().invoke(compare_serving.command, arguments)
    assert result.exit_code == 0, result.output
    assert f"CPU per request, {MLFLOW} / {OURS}: 1.0\n" in result.stdout
    assert (tmp_path / "evidence" / "comparison.json").is_file()


def test_command_without_a_model_says_so(models_dir: Path) -> None:
    result = CliRunner().invoke(compare_serving.command, ["--models-dir", str(models_dir)])
    assert result.exit_code == 1
    assert "no champion is set" in result.stderr
