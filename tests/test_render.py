from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffolder.catalog import Catalog
from scaffolder.compose import compose
from scaffolder.errors import CatalogError, InputError
from scaffolder.render import render
from scaffolder.sentinels import SENTINEL


def test_sentinels_become_answers_in_contents_and_paths(mini: Catalog) -> None:
    rendered = render(compose(mini, ("base", "alpha")), {"project_name": "fraud-scoring"})
    assert rendered.files["src/fraud_scoring/__init__.py"].data == b'"""Fraud Scoring."""\n\nNAME = "fraud-scoring"\n'
    assert rendered.files["run.sh"].mode == 0o100755
    assert rendered.files["latest"].data == b"run.sh"
    assert rendered.answers["package_name"] == "fraud_scoring"
    assert not [path for path, entry in rendered.files.items() if SENTINEL.search(path + (entry.text or ""))]


def test_an_answer_that_reads_like_a_sentinel_stays_as_given(mini: Catalog) -> None:
    data = {"project_name": "fraud-scoring", "description": "What my-project, my_project and My Project mean"}
    rendered = render(compose(mini, ("base",)), data)
    assert data["description"] in rendered.files["pyproject.toml"].data.decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"project_name": "class"}, "keyword"),
        ({"project_name": "x", "description": "y" * 61}, "60 characters at most"),
    ],
)
def test_wrong_answers_are_refused(mini: Catalog, data: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        render(compose(mini, ("base",)), data)
    assert said in caught.value.what


def test_a_component_cannot_bring_tasks(mini: Catalog, mini_folder: Path) -> None:
    path = mini_folder / "components/base/copier.yml"
    path.write_text(path.read_text() + "_tasks:\n  - touch /tmp/x\n")
    with pytest.raises(CatalogError, match="_tasks"):
        render(compose(mini, ("base",)), {"project_name": "x"})


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_a_correct_description(mini: Catalog, text: str) -> None:
    rendered = render(compose(mini, ("base",)), {"project_name": "x", "description": text})
    assert tomllib.loads(rendered.files["pyproject.toml"].data.decode())["project"]["description"] == text


def test_copier_is_not_imported_until_something_is_rendered() -> None:
    code = (
        "import sys, scaffolder.workflow, scaffolder.cli; sys.exit('copier' in sys.modules or 'jinja2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
