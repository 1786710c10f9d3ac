from __future__ import annotations

import json

from fraud_scoring.data import sample
from fraud_scoring.load.sources import sample as source


def test_it_sends_payments() -> None:
    assert source.PATH == "/v1/predict"
    assert [json.loads(body)["features"] for body in source.bodies(3, 1)] == sample(3, 1)
