"""Components in the repositories of the zoo: what is written, what stays as it was, and that removing undoes it."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml
import zoo

from scaffolder import catalog, facts, lock, project, update, workflow
from scaffolder.errors import InputError
from scaffolder.foreign import adopt, audit, needs
from scaffolder.proposal import Proposal
from scaffolder.tree import Entry, Tree, read_tree

CATALOG = catalog.load()
#: Repositories that components can be added to, with the options that this takes.
WILLING = {name: "" for name in zoo.NAMES if name not in {"notebooks", "old_python"}} | {"scripts": "pipeline"}
#: Every component meets two repositories, each with a different layout and place for its dependencies.
NOT_INSTALLED = {"pipenv_bot", "scripts"}
HOSTS = sorted(name for name in WILLING if name not in {"uv_service", *NOT_INSTALLED})
ONLY_UV = {"ci-github", "ci-gitlab", "cloud-aws", "docker", "kubernetes", "security"}
PAIRS = [
    (component, host)
    for number, component in enumerate(sorted(set(CATALOG.components) - {catalog.BASE}))
    for host in (
        ["uv_service"] if component in ONLY_UV else [HOSTS[number % len(HOSTS)], HOSTS[(number + 5) % len(HOSTS)]]
    )
]


def add(root: Path, names: Iterable[str], package: str = "") -> Proposal:
    proposal = workflow.add(CATALOG, project.find_or_adopt(root, package, {}), names, {})
    workflow.carry_out(proposal)
    return proposal


def remove(root: Path, names: Iterable[str]) -> None:
    workflow.carry_out(workflow.remove(CATALOG, project.find(root), names))


def providers(name: str) -> list[str]:
    """The component, and a choice for whatever it needs one of."""
    chosen = [name]
    for _ in CATALOG.components:
        try:
            CATALOG.resolve(chosen)
        except InputError as error:
            chosen.append(error.next_step.rpartition("e.g. ")[2])
    return chosen


@pytest.mark.parametrize(("component", "host"), PAIRS)
def test_a_component_joins_and_leaves_without_a_trace(
    component: str, host: str, repository: Callable[[str], Path]
) -> None:
    root = repository(host)
    before = read_tree(root)
    wanted = providers(component)
    add(root, wanted, WILLING[host])
    after = read_tree(root)
    changed = {path for path in before if after.get(path) != before[path]}
    assert changed <= {"pyproject.toml", "setup.cfg", "requirements.txt", "Pipfile", "environment.yml", "README.md",
                       ".gitignore", ".pre-commit-config.yaml", "docs/guide.md"}, changed  # fmt: skip
    for path in changed:
        keeps_what_was_there(path, before[path], after[path])
    for path in set(after) - set(before):
        parses(path, after[path])
    assert not add(root, wanted).plan.changes, "adding again changes nothing"
    remove(root, project.find(root).lock.components)
    assert read_tree(root) == before


def keeps_what_was_there(path: str, before: Entry, after: Entry) -> None:
    old, new = before.data.decode(), after.data.decode()
    assert before.mode == after.mode
    assert (old.count("\r\n") > 0) == (new.count("\r\n") == new.count("\n") > 0), "line ends stay"
    assert new.startswith("\ufeff") == old.startswith("\ufeff")
    lines = new.splitlines()
    place = 0
    for line in filter(str.strip, old.splitlines()):
        if line in lines[place:]:
            place = lines.index(line, place) + 1
        elif narrowed := [number for number, text in enumerate(lines) if unbound(text) == unbound(line)]:
            place = narrowed[0] + 1
        else:  # a list on one line that was given items: on several lines now
            assert re.match(r"\S+ = \[.*\]", line), f"{path}: {line}"
            parts = re.findall(r"\"[^\"]*\"|'[^']*'|#.*", line)
            assert all(part in new or unbound(part).strip("\"' ") in new for part in parts), f"{path}: {line}"
    parses(path, after)


def unbound(line: str) -> str:
    """A line without the versions that it allows, which may be fewer now."""
    return re.sub(r"[<>=~!^]+ ?[\d.*]+|,(?=[<>=~!])|(?<=\")\*(?=\")", "", line)


def parses(path: str, entry: Entry) -> None:
    text = entry.text
    if text is None:
        return
    for sentinel in ("my_project", "my-project", "My Project", "{@", "protectedQz"):
        assert sentinel not in text or "Früher my-project" in text or "text of ours" in text, f"{path}: {sentinel}"
    if path.endswith(".py"):
        ast.parse(text)
    elif path.endswith((".yaml", ".yml")):
        list(yaml.compose_all(text))
    elif path.endswith(".json"):
        json.loads(text)
    elif path.endswith(".toml"):
        tomllib.loads(text)


@pytest.mark.parametrize("host", sorted(WILLING))
def test_everything_at_once_and_back_in_another_order(host: str, repository: Callable[[str], Path]) -> None:
    root = repository(host)
    before = read_tree(root)
    small = ["drift", "documents" if host not in NOT_INSTALLED else "data-ingestion", "monitoring"]
    for name in small:
        add(root, [name], WILLING[host])
    together = read_tree(root)
    remove(root, small[1:2])
    add(root, small[1:2])
    assert read_tree(root) == together, "the order does not matter"
    remove(root, project.find(root).lock.components)
    assert read_tree(root) == before


def test_bounds_that_were_tightened_are_told_and_checked(repository: Callable[[str], Path]) -> None:
    root = repository("poetry_app")
    proposal = add(root, ["drift"])
    assert "pyproject.toml: numpy>=2.0 becomes numpy>=2.2,<3, as the components need" in proposal.notes
    assert not audit.findings(CATALOG, project.find(root))
    pyproject = root / "pyproject.toml"
    tightened = pyproject.read_text()
    assert 'numpy = ">=2.2,<3"' in tightened
    for theirs, said in ((">=2.2", "numpy>=2.2 must be numpy>=2.2,<3"), ("<2", "declares numpy<2")):
        pyproject.write_text(tightened.replace('numpy = ">=2.2,<3"', f'numpy = "{theirs}"'))
        (finding,) = audit.findings(CATALOG, project.find(root))
        assert said in finding.what


def test_what_the_user_does_meanwhile_stays(repository: Callable[[str], Path]) -> None:
    root = repository("poetry_app")
    add(root, ["drift"])
    pyproject, readme = root / "pyproject.toml", root / "README.md"
    bound = 'numpy = ">=2.2,<3"\n'
    pyproject.write_text(pyproject.read_text().replace(bound, f'{bound}scipy = "*"  # mine\n'))
    readme.write_text(readme.read_text().replace("Scores customers.", "Scores all customers."))
    (root / "churn_scores/drift/window.py").write_text("# mine\n")
    remove(root, ["drift", "model-bundle"])
    assert 'numpy = ">=2.0"\nscipy = "*"  # mine' in pyproject.read_text()
    assert "onnxruntime" not in pyproject.read_text()
    assert readme.read_text() == "# churn-scores\n\nScores all customers.\n\n## Usage\n\n    poetry run churn\n"
    assert (root / "churn_scores/drift/window.py").read_text() == "# mine\n"


def test_adopting_first_keeps_the_record(repository: Callable[[str], Path]) -> None:
    root = repository("tabs")
    before = read_tree(root)
    adopted = adopting(root)
    assert set(adopted) - set(before) == {lock.NAME}
    assert adopting(root) == adopted, "adopting again changes nothing"
    add(root, ["drift"])
    remove(root, project.find(root).lock.components)
    assert read_tree(root) == adopted


def adopting(root: Path) -> Tree:
    plan, locked = adopt.adoption(root, facts.find(root), "", {})
    workflow.carry_out(Proposal(root, plan, locked, {}))
    return read_tree(root)


@pytest.mark.parametrize(
    ("host", "said", "step"),
    [
        ("notebooks", "no import package", "src/NAME/__init__.py"),
        ("old_python", "supports Python >=3.8", '">=3.11"'),
        ("scripts", "no import package", "--package"),
    ],
)
def test_a_missing_fact_is_refused_with_the_next_step(
    host: str, said: str, step: str, repository: Callable[[str], Path]
) -> None:
    root = repository(host)
    before = read_tree(root)
    with pytest.raises(InputError) as refusal:
        add(root, ["drift"])
    assert said in refusal.value.why
    assert step in refusal.value.next_step
    assert read_tree(root) == before


def test_a_monorepo_names_its_members(tmp_path: Path) -> None:
    zoo.write("monorepo", tmp_path)
    with pytest.raises(InputError, match="lacks") as refusal:
        add(tmp_path, ["drift"])
    assert "packages/core, packages/web" in refusal.value.why
    assert "-C packages/core" in refusal.value.next_step


def test_of_several_applications_the_user_names_one(repository: Callable[[str], Path]) -> None:
    root = repository("poetry_app")
    (root / "churn_scores/admin.py").write_text("import fastapi\n\nadmin = fastapi.FastAPI()\n")
    add(root, ["drift"])  # joins none, so nothing is asked, and nothing chosen
    for wanted, said in (("", "several applications"), ("churn_scores.api:server", "no application")):
        with pytest.raises(InputError, match=said) as refusal:
            workflow.add(CATALOG, project.find(root), ["http-api"], {"application": wanted})
        assert "churn_scores/admin.py:admin" in f"{refusal.value.what} {refusal.value.next_step}"
    chosen = workflow.add(CATALOG, project.find(root), ["http-api"], {"application": "churn_scores.api:app"})
    workflow.carry_out(chosen)
    assert {item.path for item in chosen.by_hand} == {"churn_scores/api.py"}
    assert add(root, ["model-api"]).by_hand == chosen.by_hand, "the choice is kept"
    assert {finding.path for finding in audit.findings(CATALOG, project.find(root))} == {"churn_scores/api.py"}


def test_every_need_that_a_manifest_names_exists() -> None:
    named = {need for component in CATALOG.components.values() for need in component.needs}
    assert named <= set(needs.NEEDS)
    assert all(component.needs for component in CATALOG.components.values())


THEIR_COMPOSE = "# ours\nservices:\n  %s:   # the site\n    build: .\n    ports: ['5000:5000']\n"


@pytest.mark.parametrize("name", ["docker-compose.yml", "compose.yaml"])
def test_containers_and_workflows_that_are_there_stay(name: str, repository: Callable[[str], Path]) -> None:
    root = repository("uv_service")
    theirs = {
        name: THEIR_COMPOSE % "web",
        "Dockerfile": "FROM python:3.12\n",
        ".github/workflows/ci.yml": "name: CI\non: push\njobs: {}\n",
    }
    for path, text in theirs.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    before = read_tree(root)
    add(root, ["docker", "ci-github", "monitoring"])
    after = read_tree(root)
    assert {path for path in theirs if after[path] != before[path]} == {name}
    assert after[name].data.decode() == theirs[name] + "include:\n  - compose.api.yaml\n"
    for ours in ("Dockerfile.api", "Dockerfile.api.dockerignore", "compose.api.yaml"):
        assert ours in after
    services = yaml.safe_load(after["compose.api.yaml"].data)["services"]
    assert services["api"]["build"]["dockerfile"] == "Dockerfile.api"
    assert yaml.safe_load(after[".github/workflows/components-ci.yml"].data)["name"] == "Components CI"
    assert b"--file Dockerfile.api " in after["mk/docker.mk"].data
    remove(root, project.find(root).lock.components)
    assert read_tree(root) == before


PIPELINE = """# ours
default: {image: "python:3.12"}   # everywhere

%s
.limits: &limits
  timeout: 5 minutes

unit tests:
  <<: *limits
  script:
    - !reference [.setup, script]
    - pytest
"""


@pytest.mark.parametrize("includes", ["", "include:\n  - template: Security/SAST.gitlab-ci.yml  # scans\n"])
def test_a_pipeline_of_gitlab_includes_ours(includes: str, repository: Callable[[str], Path]) -> None:
    root = repository("uv_service")
    (root / ".gitlab-ci.yml").write_text(PIPELINE % includes)
    before = read_tree(root)
    add(root, ["ci-gitlab", "docker"])
    after = read_tree(root)
    line = "  - .gitlab/components.yml\n"
    assert after[".gitlab-ci.yml"].data.decode().replace(line, "") == PIPELINE % includes + (
        "" if includes else "include:\n"
    )
    jobs = yaml.safe_load(after[".gitlab/components.yml"].data)
    assert all(name.removeprefix(".").startswith("components") for name in jobs), "no job of theirs is changed"
    assert b"vendor.gitlab-ci .gitlab/components.yml" in after["mk/ci-gitlab.mk"].data
    remove(root, project.find(root).lock.components)
    assert read_tree(root) == before
    (root / ".gitlab-ci.yml").write_text("stages: [build]\n")
    with pytest.raises(InputError, match="lacks") as refusal:
        add(root, ["ci-gitlab"])
    assert "no stage called test" in refusal.value.why


@pytest.mark.parametrize("service", ["api", "prometheus"])
def test_a_service_of_the_same_name_is_not_included(service: str, repository: Callable[[str], Path]) -> None:
    root = repository("uv_service")
    (root / "docker-compose.yml").write_text(THEIR_COMPOSE % service)
    add(root, ["docker", "monitoring"])
    assert (root / "docker-compose.yml").read_text() == THEIR_COMPOSE % service
    assert "docker compose -f compose.api.yaml up --build --wait" in (root / "README.md").read_text()


def test_update_and_set_work_in_a_repository_of_others(repository: Callable[[str], Path]) -> None:
    root = repository("poetry_app")
    add(root, ["drift"])
    before = read_tree(root)
    assert not update.propose(CATALOG, project.find(root), {}).proposal.plan.steps, "this version made it"
    workflow.carry_out(workflow.set_answers(CATALOG, project.find(root), {"description": "Something else"}))
    assert {path for path, entry in read_tree(root).items() if before.get(path) != entry} <= {lock.NAME, "README.md"}
    with pytest.raises(InputError, match="fact of this repository"):
        workflow.set_answers(CATALOG, project.find(root), {"package_name": "other"})
    assert not workflow.edited(project.find(root))


def test_a_lock_without_components_is_up_to_date(repository: Callable[[str], Path]) -> None:
    root = repository("tabs")
    adopting(root)
    assert not update.propose(CATALOG, project.find(root), {}).proposal.plan.steps
