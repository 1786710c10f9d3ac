from __future__ import annotations

import keyword
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffolder import names


@pytest.mark.parametrize("name", ["a", "fraud-scoring", "x2-y3", "a" * 40])
def test_good_names(name: str) -> None:
    assert names.name_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "needed"),
        ("  ", "needed"),
        ("class", "keyword"),
        ("match", "keyword"),
        ("json", "standard library"),
        ("tests", "means something else"),
        ("yes", "means something else"),
        ("../up", "not a path"),
        ("a/b", "not a path"),
        ("a\\b", "not a path"),
        ("My App", 'try "my-app"'),
        ("1st", "start with a letter"),
        ("a--b", 'try "a-b"'),
        ("naïve", 'try "naive"'),
        ("数据", "lower-case letters"),
        ("a" * 41, "too many"),
        ("a\nb", "lower-case letters"),
    ],
)
def test_bad_names_say_why(name: str, said: str) -> None:
    assert said in names.name_problem(name)


@given(st.text(max_size=60))
def test_accepted_names_are_importable(text: str) -> None:
    for name in (text, names.project_name(text)):
        if not names.name_problem(name):
            package = names.package_name(name)
            assert package.isidentifier()
            assert not keyword.iskeyword(package)
            assert package not in sys.stdlib_module_names


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_toml_escape_round_trips(text: str) -> None:
    assert tomllib.loads(f'x = "{names.toml_escape(text)}"') == {"x": text}


def test_forms() -> None:
    assert names.package_name("fraud-scoring") == "fraud_scoring"
    assert names.project_title("fraud-scoring-v2") == "Fraud Scoring V2"
    assert names.project_title("mlflow-qa") == "MLflow QA"
    assert names.project_name(" Café Déjà_vu! ") == "cafe-deja-vu"
