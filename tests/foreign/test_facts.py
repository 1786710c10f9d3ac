from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scaffolder import facts
from scaffolder.facts.metadata import from_poetry


@pytest.mark.parametrize(
    ("name", "packages", "backend", "python", "home", "tests"),
    [
        ("ccds_style", ["wine_quality"], "flit", "~=3.12.0", "project", "pytest in tests"),
        ("conda_research", ["glaciers"], "setuptools", "==3.12.*", "conda", "pytest in tests"),
        ("crlf", ["src/meter_readings"], "uv", ">=3.11,<3.14", "project", "pytest in tests"),
        ("flask_service", ["src/invoices"], "setuptools", ">=3.11", "setup.cfg", "pytest in test"),
        ("hydra_style", ["src"], "setuptools", ">=3.11", "requirements", "pytest in tests"),
        ("monorepo", ["platform_web"], "flit", ">=3.11", "project", "pytest in tests"),
        ("notebooks", [], "", "", "", " in "),
        ("pipenv_bot", ["ticketbot"], "", "==3.12.*", "pipfile", "pytest in tests"),
        ("poetry_app", ["churn_scores"], "poetry", ">=3.11,<4", "poetry", "pytest in tests"),
        ("scripts", [], "", "", "requirements", "unittest in ."),
        ("setup_library", ["seriestools"], "setuptools", ">=3.11", "setup.py", "pytest in tests"),
        ("tabs", ["src/tabbed", "src/tabbed_tools"], "pdm", ">=3.11", "project", "pytest in tests"),
        ("umlaute", ["rechnungspruefung"], "hatch", ">=3.11", "project", "pytest in tests"),
    ],
)
def test_what_is_found_in_the_zoo(
    name: str, packages: list[str], backend: str, python: str, home: str, tests: str, repository: Callable[[str], Path]
) -> None:
    found = facts.find(repository(name))
    assert [package.path for package in found.packages] == packages
    said = found.metadata
    assert (said.backend, said.python, said.home) == (backend, python, home)
    assert f"{found.tests.runner} in {found.tests.folder}" == tests


def test_applications_are_found_without_importing_them(repository: Callable[[str], Path]) -> None:
    def apps(name: str) -> list[tuple[str, str, str, bool]]:
        return [(a.framework, a.path, a.variable, a.factory) for a in facts.find(repository(name)).applications]

    assert apps("poetry_app") == [("fastapi", "churn_scores/api.py", "app", False)]
    assert apps("flask_service") == [("flask", "src/invoices/app.py", "create_app", True)]
    assert apps("uv_service") == [("fastapi", "src/parcel_eta/main.py", "make", True)]


def test_delivery_style_and_members(repository: Callable[[str], Path]) -> None:
    flask = facts.find(repository("flask_service"))
    assert flask.delivery.ci == ("gitlab",)
    assert flask.delivery.compose == ("docker-compose.yml",)
    assert flask.delivery.dockerfiles == ("Dockerfile",)
    assert flask.delivery.kubernetes == ("k8s",)
    assert facts.find(repository("crlf")).style.line_ends == "crlf"
    assert facts.find(repository("tabs")).style.indent == "tab"
    platform = facts.find(repository("monorepo").parents[1])
    assert platform.members == ("packages/core", "packages/web")
    assert platform.delivery.ci == ("github",)


def test_broken_and_strange_files_say_nothing(tmp_path: Path) -> None:
    for path, data in {
        "pyproject.toml": b"[project\n",
        "setup.cfg": b"no section = 1\n",
        "setup.py": b"def (",
        "shop/__init__.py": b"\xff\xfe",
        "shop/app.py": b"app = FastAPI(" * 3,
        "requirements.txt": b"\x00",
        ".github/workflows/ci.yml": b": : :",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    (tmp_path / "loop").symlink_to(".")
    found = facts.find(tmp_path)
    assert [package.name for package in found.packages] == ["shop"]
    assert found.metadata.name == ""


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("^3.10", ">=3.10,<4"),
        ("^3.10,<3.13", ">=3.10,<4,<3.13"),
        ("~3.11", ">=3.11,<3.12"),
        ("^0.3.1", ">=0.3.1,<0.4"),
        (">=3.9 <3.12", ">=3.9,<3.12"),
        ("3.11.*", "==3.11.*"),
        ("~2", ">=2,<3"),
    ],
)
def test_poetry_constraints(constraint: str, specifier: str) -> None:
    assert from_poetry(constraint) == specifier
