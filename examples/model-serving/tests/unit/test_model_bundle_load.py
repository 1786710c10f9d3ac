"""A bundle that was damaged, altered or mixed up is refused, by the name of the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from plugins import model_bundle

from fraud_scoring import bundle
from fraud_scoring.bundle import model as files


def _edit_manifest(path: Path, **changes: object) -> None:
    file = path / files.MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def _rehash(path: Path) -> None:
    _edit_manifest(path, files={name: files.sha256(path / name) for name in files.FILES})


def test_loads_and_predicts_what_the_formula_says(tiny_bundle: bundle.Bundle) -> None:
    rows = [{"amount": 100.0, "age_days": None, "channel": "web"}]
    probabilities = tiny_bundle.predict(tiny_bundle.encode(rows))
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (1,)
    score = 100 * 0.01 + 2 * 0.5 - 1.0
    assert probabilities[0] == pytest.approx(1 / (1 + np.exp(-score)), abs=1e-6)


def test_decides_positive_at_the_threshold(tiny_bundle: bundle.Bundle) -> None:
    assert tiny_bundle.decide(0.5) == "review"
    assert tiny_bundle.decide(0.499) == "approve"


def test_with_costs_every_row_has_its_own_threshold(
    models_dir: Path,
    tiny_bundle: bundle.Bundle,
) -> None:
    manifest = tiny_bundle.manifest.model_copy(
        update={
            "version": "v2",
            "costs": bundle.Costs(review=4, fee=10, caught=0.8, amount="amount"),
        }
    )
    written = bundle.write(
        models_dir,
        manifest,
        model_bundle.logistic_onnx(),
        model_bundle.sample_features(20),
    )
    features = np.array([[0, 0, 0], [90, 0, 0], [1, 0, 0], [np.nan, 0, 0]], dtype=np.float32)
    expected = [4 / (0.8 * 10), 4 / (0.8 * 100), 4 / (0.8 * 11), manifest.threshold]
    np.testing.assert_allclose(written.thresholds(features), expected)
    assert written.decide(0.06, written.thresholds(features)[1]) == "review"
    assert written.decide(0.06, written.thresholds(features)[0]) == "approve"


def test_without_costs_the_threshold_is_the_same_for_all(tiny_bundle: bundle.Bundle) -> None:
    np.testing.assert_array_equal(tiny_bundle.thresholds(tiny_bundle.golden.matrix), [0.5] * 8)


def test_threshold_never_exceeds_one() -> None:
    costs = bundle.Costs(review=4, fee=1, amount="amount")
    assert costs.thresholds(np.array([0.0])) == [1.0]


def test_examples_encode_to_the_golden_rows(tiny_bundle: bundle.Bundle) -> None:
    encoded = tiny_bundle.encode(tiny_bundle.examples())
    np.testing.assert_array_equal(encoded, tiny_bundle.golden.matrix)


def test_reference_describes_the_rows(tiny_bundle: bundle.Bundle) -> None:
    amount, age, channel = tiny_bundle.reference.features
    assert amount.rows == 2000
    assert age.shares[-1] == pytest.approx(0.1, abs=0.03)
    assert len(channel.shares) == 4
    assert len(tiny_bundle.reference.prediction.quantiles) == 1001


@pytest.mark.parametrize("name", files.FILES)
def test_altered_file_is_named(tiny_bundle: bundle.Bundle, name: str) -> None:
    (tiny_bundle.path / name).write_bytes(b"{}")
    with pytest.raises(bundle.BundleError, match=f"{name}: differs from the hash"):
        bundle.Bundle.load(tiny_bundle.path)


@pytest.mark.parametrize("name", [*files.FILES, files.MANIFEST])
def test_missing_file_is_named(tiny_bundle: bundle.Bundle, name: str) -> None:
    (tiny_bundle.path / name).unlink()
    with pytest.raises(bundle.BundleError, match=name):
        bundle.Bundle.load(tiny_bundle.path)


def test_other_format_is_refused(tiny_bundle: bundle.Bundle) -> None:
    _edit_manifest(tiny_bundle.path, format=2)
    with pytest.raises(bundle.BundleError, match=r"bundle\.json: format"):
        bundle.Bundle.load(tiny_bundle.path)


def test_model_of_other_width_is_refused(tiny_bundle: bundle.Bundle) -> None:
    (tiny_bundle.path / files.MODEL).write_bytes(model_bundle.logistic_onnx((1.0, 2.0)))
    _rehash(tiny_bundle.path)
    with pytest.raises(bundle.BundleError, match=r"model\.onnx: must map"):
        bundle.Bundle.load(tiny_bundle.path)


def test_model_that_misses_its_golden_rows_is_refused(tiny_bundle: bundle.Bundle) -> None:
    (tiny_bundle.path / files.MODEL).write_bytes(model_bundle.logistic_onnx(bias=-1.1))
    _rehash(tiny_bundle.path)
    with pytest.raises(bundle.BundleError, match="golden answers are off"):
        bundle.Bundle.load(tiny_bundle.path)


def test_file_that_is_no_model_is_refused(tiny_bundle: bundle.Bundle) -> None:
    (tiny_bundle.path / files.MODEL).write_bytes(b"not a model")
    _rehash(tiny_bundle.path)
    with pytest.raises(bundle.BundleError, match=r"model\.onnx: ONNX Runtime cannot open it"):
        bundle.Bundle.load(tiny_bundle.path)


def test_reference_of_other_features_is_refused(tiny_bundle: bundle.Bundle) -> None:
    file = tiny_bundle.path / files.REFERENCE
    file.write_text(file.read_text().replace('"age_days"', '"age"'))
    _rehash(tiny_bundle.path)
    with pytest.raises(bundle.BundleError, match=r"reference\.json"):
        bundle.Bundle.load(tiny_bundle.path)


def test_versions_are_never_overwritten(
    tiny_bundle: bundle.Bundle,
    make_bundle: model_bundle.MakeBundle,
) -> None:
    with pytest.raises(bundle.BundleError, match="exists already"):
        make_bundle(tiny_bundle.version)


@pytest.mark.parametrize("version", ["champion", "previous"])
def test_alias_cannot_name_a_version(make_bundle: model_bundle.MakeBundle, version: str) -> None:
    with pytest.raises(bundle.BundleError, match="cannot name a version"):
        make_bundle(version)


def test_failed_write_leaves_nothing(models_dir: Path) -> None:
    manifest = bundle.Manifest(
        version="v1",
        created=model_bundle.CREATED,
        features=model_bundle.FEATURES,
        threshold=0.5,
    )
    model = model_bundle.logistic_onnx((1.0, 2.0))
    with pytest.raises(bundle.BundleError, match="must map"):
        bundle.write(models_dir, manifest, model, model_bundle.sample_features(20))
    assert list(models_dir.iterdir()) == []


def test_further_files_are_hashed_and_checked(
    models_dir: Path,
    tiny_bundle: bundle.Bundle,
) -> None:
    manifest = tiny_bundle.manifest.model_copy(update={"version": "v2"})
    model, rows = model_bundle.logistic_onnx(), model_bundle.sample_features(20)
    written = bundle.write(models_dir, manifest, model, rows, extra={"trees.txt": b"oak"})
    assert written.manifest.files["trees.txt"] == files.sha256(written.path / "trees.txt")
    (written.path / "trees.txt").write_bytes(b"elm")
    with pytest.raises(bundle.BundleError, match=r"trees\.txt: differs from the hash"):
        bundle.Bundle.load(written.path)


@pytest.mark.parametrize("name", ["../trees.txt", "a/b", ".hidden", "", "model.onnx"])
def test_further_file_of_an_unusable_name_is_refused(
    models_dir: Path,
    tiny_bundle: bundle.Bundle,
    name: str,
) -> None:
    manifest = tiny_bundle.manifest.model_copy(update={"version": "v2"})
    model, rows = model_bundle.logistic_onnx(), model_bundle.sample_features(20)
    with pytest.raises(bundle.BundleError, match="file"):
        bundle.write(models_dir, manifest, model, rows, extra={name: b"oak"})
    assert bundle.Registry(models_dir).versions() == ["v1"]
