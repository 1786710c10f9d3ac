"""Merges of ignore files, environments and requirements."""

from __future__ import annotations

import pytest

from scaffolder.errors import CatalogError
from scaffolder.merge import add_all, merge_text

IGNORE = "# Python\r\n__pycache__/\r\n*.pyc\r\n\r\n# Data\r\n/data/*\r\n!/data/README.md\r\n"
ENVIRONMENT = """\
# Where the service listens
APP_PORT=8000

# development or production
APP_ENVIRONMENT=development
# APP_LOG_LEVEL=INFO
"""


def test_a_component_gets_a_block_of_its_own_with_the_line_ends_of_the_file() -> None:
    added = add_all(".gitignore", IGNORE, [{"lines": ["# Models", "models/*/", "*.pyc"]}, {"lines": ["mlruns/"]}])

    assert added == IGNORE + "\r\n# Models\r\nmodels/*/\r\n\r\nmlruns/\r\n"


def test_what_is_there_is_not_added_again() -> None:
    assert add_all(".gitignore", IGNORE, [{"lines": ["# Python", "*.pyc"]}]) == IGNORE


def test_a_removed_block_goes_and_the_edits_of_the_user_stay() -> None:
    added = add_all(".gitignore", IGNORE, [{"lines": ["# Models", "models/*/", "checkpoints/"]}])
    edited = added.replace("models/*/\r\n", "models/*/\r\nsecret.txt\r\n")

    merged = merge_text(".gitignore", added, edited, IGNORE)

    assert merged.text == IGNORE + "\r\nsecret.txt\r\n"
    assert merged.conflicts == ()


def test_added_lines_bring_the_comment_above_them() -> None:
    theirs = ENVIRONMENT + "\n# Comma-separated; required in production\nAPP_API_KEYS=\n"
    ours = ENVIRONMENT.replace("APP_PORT=8000", "APP_PORT=8080") + "\n# Mine\nSENTRY_DSN=\n"

    merged = merge_text(".env.example", ENVIRONMENT, ours, theirs)

    assert merged.text == ours + "\n# Comma-separated; required in production\nAPP_API_KEYS=\n"


def test_a_variable_is_known_by_its_name_even_when_it_is_commented_out() -> None:
    ours = ENVIRONMENT.replace("APP_PORT=8000", "APP_PORT=8080").replace("# APP_LOG", "APP_LOG")
    theirs = ENVIRONMENT.replace("8000", "9000").replace("INFO", "WARNING").replace("=development", "=production")

    merged = merge_text(".env.example", ENVIRONMENT, ours, theirs)

    assert merged.text == ours.replace("=development", "=production")
    assert merged.conflicts == (
        'yours "APP_PORT=8080", incoming "APP_PORT=9000"',
        'yours "APP_LOG_LEVEL=INFO", incoming "# APP_LOG_LEVEL=WARNING"',
    )


def test_a_requirement_is_known_by_its_name() -> None:
    base = "-r base.txt\nNumPy>=2\nclick>=8  # the command line\n"

    merged = merge_text(
        "requirements-dev.txt", base, base + "mine\n", base.replace("NumPy>=2", "numpy>=2.3") + "new>=1\n"
    )

    assert merged.conflicts == ()
    assert set(merged.text.split()) == {
        *["-r", "base.txt", "numpy>=2.3", "click>=8", "#", "the", "command", "line", "mine", "new>=1"]
    }


def test_comments_at_the_end_of_a_fragment_are_kept_once() -> None:
    fragment = {"lines": ["A=1", "", "# See the runbook"]}

    added = add_all(".env.example", "", [fragment])

    assert added == "A=1\n\n# See the runbook\n"
    assert add_all(".env.example", added, [fragment]) == added


@pytest.mark.parametrize("fragment", [{}, {"lines": "x"}, {"lines": [1]}, {"lines": [], "more": 1}])
def test_a_fragment_of_another_form_is_refused(fragment: dict[str, object]) -> None:
    with pytest.raises(CatalogError, match=r"\.gitignore: expected"):
        add_all(".gitignore", IGNORE, [fragment])


def test_components_that_disagree_are_named() -> None:
    with pytest.raises(CatalogError, match=r"\.env\.example: lines: components disagree"):
        add_all(".env.example", ENVIRONMENT, [{"lines": ["APP_PORT=9000"]}])
