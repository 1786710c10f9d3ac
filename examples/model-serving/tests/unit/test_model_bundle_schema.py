"""Schemas that contradict themselves, and rows that contradict the schema."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from fraud_scoring import bundle


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "categorical"},
        {"kind": "categorical", "categories": ("a", "a")},
        {"kind": "categorical", "categories": ("a", "b"), "minimum": 0},
        {"kind": "numeric", "categories": ("a", "b")},
        {"kind": "numeric", "minimum": 2, "maximum": 1},
        {"kind": "text"},
    ],
)
def test_inconsistent_feature_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        bundle.Feature(name="x", **fields)


ENCODER = bundle.Encoder(
    [
        bundle.Feature(name="amount", kind="numeric", minimum=0, maximum=10, nullable=False),
        bundle.Feature(name="floor", kind="numeric", minimum=1),
        bundle.Feature(name="ceiling", kind="numeric", maximum=1),
        bundle.Feature(name="free", kind="numeric"),
        bundle.Feature(name="channel", kind="categorical", categories=("app", "web")),
    ]
)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("amount", -1, "a number from 0 to 10"),
        ("amount", 11, "a number from 0 to 10"),
        ("amount", None, "a number from 0 to 10"),
        ("amount", "5", "a number from 0 to 10"),
        ("amount", float("nan"), "a number from 0 to 10"),
        ("floor", 0, "a number of at least 1 or null"),
        ("ceiling", 2, "a number of at most 1 or null"),
        ("free", float("inf"), "a finite number or null"),
        ("free", 1e39, "a finite number or null"),
        ("free", [1], "a finite number or null"),
        ("channel", "fax", "one of app, web or null"),
        ("channel", 1, "one of app, web or null"),
        ("channel", 1.0, "one of app, web or null"),
        ("channel", ["app"], "one of app, web or null"),
        ("chanel", "app", "is not a feature of this model"),
    ],
)
def test_refusal_names_row_field_and_what_is_allowed(
    field: str, value: object, allowed: str
) -> None:
    good: dict[str, object] = {"amount": 1}
    with pytest.raises(bundle.EncodingError) as caught:
        ENCODER.encode([good, good | {field: value}])
    assert caught.value.row == 1
    assert caught.value.field == field
    assert allowed in caught.value.allowed


def test_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(bundle.EncodingError) as caught:
        ENCODER.encode([{"amount": 1, "channel": "4111-1111"}])
    assert "4111" not in str(caught.value)


def test_no_rows_encode_to_an_empty_matrix() -> None:
    assert ENCODER.encode([]).shape == (0, 5)


FEATURE = {"name": "x", "kind": "numeric"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": [FEATURE, FEATURE]}, "same name"),
        ({"features": []}, "at least 1"),
        ({"costs": {"review": 4, "fee": 1, "amount": "y"}}, "no numeric feature"),
        ({"threshold": 1.5}, "less than or equal to 1"),
        ({"created": "2026-01-01T00:00:00"}, "timezone"),
        ({"version": "../v1"}, "pattern"),
        ({"colour": "red"}, "not permitted"),
    ],
)
def test_inconsistent_manifest_is_refused(changes: dict[str, object], message: str) -> None:
    good = {
        "version": "v1",
        "created": "2026-01-01T00:00:00Z",
        "features": [FEATURE],
        "threshold": 0.5,
    }
    assert bundle.Manifest.model_validate(good).version == "v1"
    with pytest.raises(pydantic.ValidationError, match=message):
        bundle.Manifest.model_validate(good | changes)
