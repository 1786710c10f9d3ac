from __future__ import annotations

import json

from my_project.data import sample
from my_project.load.sources import sample as source


def test_it_sends_payments() -> None:
    assert source.PATH == "/v1/predict"
    assert [json.loads(body)["features"] for body in source.bodies(3, 1)] == sample(3, 1)
