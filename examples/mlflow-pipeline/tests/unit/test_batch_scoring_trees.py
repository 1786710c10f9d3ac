"""Reasons come from the experiment's explanation, where there is one."""

from dataclasses import replace

import numpy as np
import pytest
from plugins.model_bundle import sample_features

from payments_loop import experiment
from payments_loop.bundle import Bundle
from payments_loop.scoring.explainers import trees
from payments_loop.scoring.reasons import reasons


def test_a_model_of_another_origin_has_no_reasons(tiny_bundle: Bundle) -> None:
    assert reasons(tiny_bundle, sample_features(4), 3) == [[]] * 4


def test_features_that_raise_the_score_are_named(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tiny_bundle.manifest
    files = manifest.files | {trees.BOOSTER: "0" * 64}
    boosted = replace(tiny_bundle, manifest=manifest.model_copy(update={"files": files}))
    given = np.array([[0.5, -1.0, 0.7], [-0.1, -0.2, -0.3]])
    monkeypatch.setattr(experiment, "explain", lambda *_: given)
    assert reasons(boosted, sample_features(2), 2) == [["channel", "amount"], []]
