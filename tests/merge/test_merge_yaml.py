"""Merges of compose files, kustomizations, hooks and workflows as people write them."""

from __future__ import annotations

import pytest
import yaml

from scaffolder.errors import CatalogError
from scaffolder.merge import add_all, merge_text

COMPOSE = """\
---
# The whole system on one machine.
include:
  - deploy/compose/api.yaml   # the service

services:
    api:
        image: "churn:dev"
        ports:
        - "8000:8000" # host:container
        environment: {APP_PORT: "8000", LOG: on}
        command: ["churn", "serve"]

# Named, so that they survive `down`.
volumes:
    models:
"""
KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment.yaml
- service.yaml
labels:
- pairs:
    app.kubernetes.io/name: churn
images:
- name: churn
  newTag: "1.0"
"""
HOOKS = """\
repos:
  - repo: https://github.com/astral-sh/ruff-pre-commit
    rev: v0.17.0
    hooks:
      - id: ruff-check
        args: [--fix]
  - repo: https://github.com/gitleaks/gitleaks
    rev: v8.30.0
    hooks:
      - id: gitleaks
"""


def test_lines_are_added_to_a_compose_file_and_nothing_else_changes() -> None:
    fragment = {
        "include": ["deploy/compose/monitoring.yaml"],
        "services": {"api": {"ports": ["9090:9090"], "environment": {"APP_KEY": "x"}, "command": ["--reload"]}},
        "volumes": {"prometheus": None},
    }

    added = add_all("compose.yaml", COMPOSE, [fragment])

    assert added == (
        COMPOSE.replace("# the service\n", "# the service\n  - deploy/compose/monitoring.yaml\n")
        .replace("# host:container\n", '# host:container\n        - "9090:9090"\n')
        .replace("LOG: on}", "LOG: on, APP_KEY: x}")
        .replace('"serve"]', '"serve", "--reload"]')
        + "    prometheus: null\n"
    )


def test_sequences_that_stand_under_their_key_stay_there() -> None:
    added = add_all(
        "kustomization.yaml", KUSTOMIZATION, [{"components": ["../hpa", "../pdb"], "resources": ["pdb.yaml"]}]
    )

    assert added == (
        KUSTOMIZATION.replace("- service.yaml\n", "- service.yaml\n- pdb.yaml\n") + "components:\n- ../hpa\n- ../pdb\n"
    )


def test_removing_a_component_leaves_the_edits_of_the_user() -> None:
    added = add_all("kustomization.yaml", KUSTOMIZATION, [{"components": ["../hpa"], "resources": ["pdb.yaml"]}])
    edited = added.replace("- pdb.yaml\n", "- pdb.yaml\n- ours.yaml # by hand\n").replace(
        "- ../hpa\n", "- ../hpa\n- ../ours\n"
    )

    merged = merge_text("kustomization.yaml", added, edited, KUSTOMIZATION)

    assert merged.conflicts == ()
    assert merged.text == (
        KUSTOMIZATION.replace("- service.yaml\n", "- service.yaml\n- ours.yaml # by hand\n")
        + "components:\n- ../ours\n"
    )


def test_a_mapping_that_loses_its_last_key_stays_a_mapping() -> None:
    base = "volumes:\n  prometheus: null\n"

    merged = merge_text("compose.yaml", base, f"mine: 1\n{base}", "volumes: {}\n")

    assert merged.text == "mine: 1\nvolumes: {}\n"
    assert merged.conflicts == ()


def test_items_of_lists_are_known_by_their_name() -> None:
    ours = HOOKS.replace("v0.17.0", "v0.17.5").replace("v8.30.0\n", "v8.30.0 # waits for a fix\n")
    theirs = (
        HOOKS.replace("v0.17.0", "v0.18.0").replace("v8.30.0", "v8.31.0").replace("[--fix]", "[--fix, --show-fixes]")
    )

    merged = merge_text(".pre-commit-config.yaml", HOOKS, ours, theirs)

    assert merged.conflicts == ('repos.0.rev: yours "v0.17.5", incoming "v0.18.0"',)
    assert merged.text == ours.replace("v8.30.0 ", "v8.31.0 ").replace("[--fix]", "[--fix, --show-fixes]")


def test_items_that_have_no_name_and_may_have_been_edited_by_both_are_a_conflict() -> None:
    base = "jobs:\n  - uses: a\n    with: {x: 1}\n"

    merged = merge_text("ci.yaml", base, base.replace("x: 1", "x: 2"), base.replace("x: 1", "x: 3"))

    assert len(merged.conflicts) == 1
    assert merged.conflicts[0].startswith("jobs: yours ")
    assert yaml.safe_load(merged.text)["jobs"] == [{"uses": "a", "with": {"x": 2}}]


def test_scalars_are_compared_as_they_are_spelled() -> None:
    base = "on: push\nversion: 1.10\nenabled: no\nport: 22:22\n"

    merged = merge_text("w.yml", base, base.replace("push", "pull_request"), base.replace("1.10", "1.20"))

    assert merged.text == base.replace("push", "pull_request").replace("1.10", "1.20")


def test_a_new_value_takes_the_quotes_of_the_old() -> None:
    ours = KUSTOMIZATION.replace("- name: churn", "- name: churn\n  newName: registry/churn")

    merged = merge_text("kustomization.yaml", KUSTOMIZATION, ours, KUSTOMIZATION.replace('"1.0"', "'2.0'"))

    assert merged.text == ours.replace('"1.0"', '"2.0"')


def test_text_blocks_and_comments_of_the_incoming_side_arrive_as_they_are_written() -> None:
    ours = "data:\n    a: 1\n    mine: 2\n"
    theirs = 'data:\n  a: 1\n  # The rules.\n  rules: |\n    groups:\n\n      - name: "x"\n  b: "2" # two\n'

    merged = merge_text("config.yaml", "data:\n  a: 1\n", ours, theirs)

    assert merged.text == (
        f'{ours}    # The rules.\n    rules: |\n      groups:\n\n        - name: "x"\n    b: "2" # two\n'
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "include: []\n", "include:\n", "{}\n"])
def test_a_file_that_says_nothing_yet_can_be_added_to(text: str) -> None:
    added = add_all("compose.yaml", text, [{"include": ["a.yaml"]}, {"include": ["b.yaml"]}])

    assert yaml.safe_load(added) == {"include": ["a.yaml", "b.yaml"]}
    assert "#" not in text or added.startswith(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n---\nb: 2\n",
        "a: !Ref x\nb: 2\n",
        "- a\n- b\n",
        "a: &x {k: 1}\nb: *x\n",
        "a: 1\n? [complex]\n: key\n",
    ],
    ids=["several documents", "tags", "a list", "an alias", "a key that is a list"],
)
def test_files_beyond_mappings_are_merged_as_text(text: str) -> None:
    merged = merge_text("x.yaml", text, f"# mine\n\n\n{text}", f"{text}\n\n# theirs\n")

    assert merged.conflicts == ()
    assert merged.text == f"# mine\n\n\n{text}\n\n# theirs\n"


def test_values_with_tags_of_others_are_taken_whole() -> None:
    base = "job:\n  script:\n    - !reference [.setup, script]\n    - pytest\n  vars: !x {a: 1}\n"
    ours = base.replace("job:", "job:  # mine")
    theirs = base.replace(".setup", ".start").replace("  vars", "  rules: !reference [.all, rules]\n  vars")

    merged = merge_text("x.yaml", base, ours, theirs)

    assert merged.conflicts == ()
    assert merged.text == theirs.replace("job:", "job:  # mine")
    assert add_all("x.yaml", base, [{"job": {"script": ["ruff"]}}]) == base.replace("pytest", "pytest\n    - ruff")


def test_an_anchor_is_not_edited_through_its_alias() -> None:
    base = "defaults: &d\n  cpu: 1\napi: *d\nworker: *d\n"

    merged = merge_text(
        "x.yaml", base, base.replace("cpu: 1", "cpu: 1\n  mine: 2"), base.replace("cpu: 1", "cpu: 1\n  new: 3")
    )

    assert merged.conflicts or all(
        yaml.safe_load(merged.text)[key] == {"cpu": 1, "mine": 2, "new": 3} for key in ("defaults", "api", "worker")
    )
    assert "mine: 2" in merged.text


def test_components_that_disagree_are_named_by_file_and_key() -> None:
    with pytest.raises(CatalogError, match=r"compose\.yaml: services\.api\.image: components disagree"):
        add_all("compose.yaml", COMPOSE, [{"services": {"api": {"image": "other"}}}])


def test_a_file_that_cannot_be_parsed_cannot_be_added_to() -> None:
    with pytest.raises(CatalogError, match=r"compose\.yaml cannot be parsed"):
        add_all("compose.yaml", "a: [1\n", [{"b": 1}])


SCRIPT = """\
script:
  - uv sync
  - uv run ruff check
  - uv run pytest
  - uv build
"""


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (("ruff check", "ruff check --fix"), "# slow\n  - uv run ruff check --fix # why\n"),
        (("  - uv run ruff check\n", ""), "# slow\n  - uv run pytest"),
        (("- uv sync\n", "- uv sync\n  - make data\n"), "data\n  # slow\n  - uv run ruff check # why"),
        (("- uv sync\n", "- git fetch\n  - uv sync --locked\n  - make data\n"),
         "script:\n  - git fetch\n  - uv sync --locked\n  - make data\n  # slow\n  - uv run ruff check # why"),
    ],
)  # fmt: skip
def test_what_a_user_wrote_in_a_list_stays_where_other_items_change(theirs: tuple[str, str], expected: str) -> None:
    ours = SCRIPT.replace("  - uv run ruff check", "  # slow\n  - uv run ruff check # why").replace(
        "uv build", "uv build  # last"
    )
    incoming = SCRIPT.replace(*theirs)

    merged = merge_text("ci.yml", SCRIPT, ours, incoming)

    assert merged.conflicts == ()
    assert yaml.safe_load(merged.text) == yaml.safe_load(incoming)
    assert expected in merged.text
    assert "uv build  # last" in merged.text


def test_what_a_user_wrote_in_a_step_without_a_name_stays() -> None:
    base = "steps:\n  - uses: checkout\n    with:\n      depth: 1\n  - uses: setup-uv\n    with:\n      cache: true\n"
    ours = base.replace("  - uses: setup-uv\n", "  # ours\n  - uses: setup-uv # pinned\n")

    merged = merge_text(
        "ci.yml", base, ours, base.replace("depth: 1", "depth: 0").replace("cache: true", "cache: auto")
    )

    assert merged.conflicts == ()
    assert merged.text == ours.replace("depth: 1", "depth: 0").replace("cache: true", "cache: auto")
