from __future__ import annotations

import json

from fraud_scoring.data import sample
from fraud_scoring.load import traffic
from fraud_scoring.load.sources import sample as source


def test_project_sends_payments_first() -> None:
    found = traffic.from_project(count=3, seed=1)
    assert found.path == source.PATH == "/v1/predict"
    assert [json.loads(body)["features"] for body in found.bodies] == sample(3, 1)
