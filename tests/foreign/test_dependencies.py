from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scaffolder import merge
from scaffolder.errors import InputError
from scaffolder.facts.metadata import Home
from scaffolder.foreign import dependencies, ini, requirement
from scaffolder.foreign.dependencies import conda

OURS: list[dict[str, Any]] = [
    {
        "project": {"dependencies": ["numpy>=2.2,<3", "pypdf[crypto]>=7,<8"], "scripts": {"shop": "shop.cli:main"}},
        "dependency-groups": {"dev": ["pytest>=9,<10", {"include-group": "flow"}], "flow": ["dagster>=1,<2"]},
        "tool": {"mypy": {"overrides": [{"module": "x"}]}, "uv": {"package": True}},
    }
]


def placed(home: Home, **texts: str) -> dict[str, str]:
    """The files after our dependencies were put there."""
    files = {path.replace("__", "."): text for path, text in texts.items()}
    found = dependencies.place(OURS, home, files)
    files |= found.texts
    for path, fragments in found.fragments.items():
        files[path] = merge.add_all(path, files[path], fragments)
    return files


def test_pep_621_takes_what_it_lacks_and_keeps_what_it_has() -> None:
    text = placed("project", pyproject__toml='[project]\nname = "shop"\ndependencies = ["NumPy>=2"]\n[tool.mypy]\n')
    data = tomllib.loads(text["pyproject.toml"])
    assert data["project"]["dependencies"] == ["NumPy>=2.2,<3", "pypdf[crypto]>=7,<8"]
    assert data["project"]["scripts"] == {"shop": "shop.cli:main"}
    assert data["dependency-groups"]["dev"] == ["pytest>=9,<10", {"include-group": "flow"}]
    assert data["tool"] == {"mypy": {"overrides": [{"module": "x"}]}}, "settings of tools that are there only"


@pytest.mark.parametrize(
    ("more", "where", "expected"),
    [
        ('[project.optional-dependencies]\ntest = ["ruff"]\n', ("project", "optional-dependencies", "test"),
         ["ruff", "pytest>=9,<10", "dagster>=1,<2"]),
        ('[tool.pdm.dev-dependencies]\nlint = ["ruff"]\n', ("tool", "pdm", "dev-dependencies", "dev"),
         ["pytest>=9,<10", "dagster>=1,<2"]),
        ('[tool.poetry.group.dev.dependencies]\nruff = "*"\n', ("tool", "poetry", "group", "dev", "dependencies"),
         {"ruff": "*", "pytest": ">=9,<10", "dagster": ">=1,<2"}),
        ('[dependency-groups]\ndev = ["pytest"]\n', ("dependency-groups", "dev"),
         ["pytest>=9,<10", {"include-group": "flow"}]),
    ],
)  # fmt: skip
def test_groups_go_where_the_project_has_its_own(more: str, where: tuple[str, ...], expected: Any) -> None:
    data: Any = tomllib.loads(placed("project", pyproject__toml=f'[project]\nname = "shop"\n{more}')["pyproject.toml"])
    for key in where:
        data = data[key]
    assert data == expected


def test_poetrys_tables() -> None:
    text = placed("poetry", pyproject__toml='[tool.poetry.dependencies]\npython = "^3.11"\nnumpy = "^2.0"\n')
    poetry = tomllib.loads(text["pyproject.toml"])["tool"]["poetry"]
    assert poetry["dependencies"] == {
        "python": "^3.11",
        "numpy": ">=2.2,<3",
        "pypdf": {"version": ">=7,<8", "extras": ["crypto"]},
    }
    assert poetry["group"]["dev"]["dependencies"] == {"pytest": ">=9,<10", "dagster": ">=1,<2"}
    assert 'pypdf = { version = ">=7,<8"' in text["pyproject.toml"]


def test_requirement_files() -> None:
    files = placed("requirements", requirements__txt="numpy  # mine\n")
    assert files["requirements.txt"].startswith("numpy>=2.2,<3  # mine\n")
    assert files["requirements.txt"].endswith("pypdf[crypto]>=7,<8\n")
    assert files["requirements-dev.txt"] == "pytest>=9,<10\ndagster>=1,<2\n"


def test_the_tables_of_a_pipfile() -> None:
    text = placed("pipfile", Pipfile='[packages]\nnumpy = "*"  # mine\n\n[requires]\npython_version = "3.12"\n')[
        "Pipfile"
    ]
    data = tomllib.loads(text)
    assert data["packages"] == {"numpy": ">=2.2,<3", "pypdf": {"version": ">=7,<8", "extras": ["crypto"]}}
    assert data["dev-packages"] == {"pytest": ">=9,<10", "dagster": ">=1,<2"}
    assert 'numpy = ">=2.2,<3"  # mine' in text


@pytest.mark.parametrize("there", ["", "  - pip:\n    - -e .  # mine\n"])
def test_conda_gets_it_by_pip(there: str) -> None:
    before = f"dependencies:\n  - python=3.12\n  - numpy=2.2  # theirs\n  - conda-forge::pytest >=8\n{there}"
    text = placed("conda", environment__yml=before)["environment.yml"]
    listed = yaml.safe_load(text)["dependencies"]
    assert [item for item in listed if isinstance(item, dict)] == [
        {"pip": [*(["-e ."] if there else []), "pypdf[crypto]>=7,<8", "dagster>=1,<2"]}
    ]
    assert "pip" in listed
    after = before.replace("pytest >=8", "pytest>=9,<10")
    assert set(after.splitlines()) <= set(text.splitlines())


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy==1.26.4=py311h_0", "numpy==1.26.4"),
        ("numpy 1.26.*", "numpy==1.26.*"),
        ("conda-forge::Scipy >=1.9,<2", "scipy<2,>=1.9"),
        ("pytorch>=2", "torch>=2"),
        ("x>=1|==0.5", "x"),
    ],
)
def test_what_conda_specifies(spec: str, found: str) -> None:
    assert [str(item) for item in conda.by_name([spec]).values()] == [found]


def test_setup_cfg_keeps_comments_and_line_ends() -> None:
    text = "[options]\r\ninstall_requires =\r\n    # why\r\n    numpy>=2\r\n\r\n[flake8]\r\nmax = 1\r\n"
    assert placed("setup.cfg", setup__cfg=text)["setup.cfg"] == (
        "[options]\r\ninstall_requires =\r\n    # why\r\n    numpy>=2.2,<3\r\n    pypdf[crypto]>=7,<8\r\n\r\n"
        "[flake8]\r\nmax = 1\r\n\r\n[options.extras_require]\r\n"
        "dev =\r\n    pytest>=9,<10\r\n    dagster>=1,<2\r\n"
    )


def test_setup_py_is_code_so_a_person_adds_the_lines() -> None:
    found = dependencies.place(OURS, "setup.py", {})
    assert found.by_hand[0].path == "setup.py"
    assert found.by_hand[0].lines == ('"numpy>=2.2,<3",', '"pypdf[crypto]>=7,<8",')
    assert not found.fragments


OPTIONAL: list[dict[str, Any]] = [
    {"dependency-groups": {"dev": ["pytest"], "train": ["onnx"]}, "tool": {"uv": {"default-groups": ["train"]}}},
    {
        "dependency-groups": {"spark": ["pyspark[sql]"]},
        "project": {"optional-dependencies": {"pgvector": ["pgvector"]}},
    },
]


def test_what_is_optional_is_not_installed_for_everybody() -> None:
    def pyproject(home: Home, text: str) -> Any:
        (fragment,) = dependencies.place(OPTIONAL, home, {"pyproject.toml": text}).fragments["pyproject.toml"]
        return fragment

    assert pyproject("project", "[project]\n[tool.uv]\n") == {
        "project": {"optional-dependencies": {"pgvector": ["pgvector"]}},
        "dependency-groups": {
            "dev": ["pytest", {"include-group": "train"}],
            "train": ["onnx"],
            "spark": ["pyspark[sql]"],
        },
    }
    assert pyproject("project", "[project.optional-dependencies]\ntest = ['pytest']\n") == {
        "project": {"optional-dependencies": {"test": ["onnx"], "pgvector": ["pgvector"], "spark": ["pyspark[sql]"]}}
    }
    groups = pyproject("poetry", "")["tool"]["poetry"]["group"]
    assert groups["dev"] == {"dependencies": {"pytest": "*", "onnx": "*"}}
    assert groups["pgvector"] == {"optional": True, "dependencies": {"pgvector": "*"}}
    assert set(groups) == {"dev", "spark", "pgvector"}
    files = {"requirements-dev.txt": "pytest\nonnx\n", "requirements/spark.txt": "pyspark[sql]\n",
             "requirements/pgvector.txt": "pgvector\n"}  # fmt: skip
    assert dependencies.place(OPTIONAL, "requirements", {}).texts == files
    (tables,) = dependencies.place(OPTIONAL, "pipfile", {}).fragments["Pipfile"]
    assert set(tables) == {"dev-packages", "spark", "pgvector"}
    place = dependencies.place(OPTIONAL, "conda", {"environment.yml": "dependencies: []\n"})
    assert place.fragments == {"environment.yml": [{"dependencies": ["pip", {"pip": ["pytest", "onnx"]}]}]}
    assert set(place.texts) == {"requirements/spark.txt", "requirements/pgvector.txt"}


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ("[tool.pytest]\nstrict = true\n", {"strict": True, "filterwarnings": ["ignore::X"]}),
        (
            "[tool.pytest.ini_options]\nminversion = '8'\n",
            {"ini_options": {"minversion": "8", "filterwarnings": ["ignore::X"]}},
        ),
        ("[tool.pytest.ini_options]\nfilterwarnings = 'error'\n", {"ini_options": {"filterwarnings": "error"}}),
    ],
)
def test_settings_of_pytest_go_into_the_table_that_is_there(theirs: str, expected: Any) -> None:
    ours = [{"tool": {"pytest": {"filterwarnings": ["ignore::X"]}}}]
    text = f"[project]\nname = 'shop'\n{theirs}"
    for fragments in dependencies.place(ours, "project", {"pyproject.toml": text}).fragments.values():
        text = merge.add_all("pyproject.toml", text, fragments)
    assert tomllib.loads(text)["tool"]["pytest"] == expected


def test_a_version_of_conda_that_excludes_ours_is_refused() -> None:
    with pytest.raises(InputError, match=r"declares numpy==1\.26\.\*.* need numpy>=2\.2,<3"):
        placed("conda", environment__yml="dependencies:\n  - numpy=1.26\n")


@pytest.mark.parametrize("bound", ["numpy<2", "numpy==1.26.4", "numpy~=1.20"])
def test_versions_that_exclude_each_other_are_refused(bound: str) -> None:
    with pytest.raises(InputError, match=r"declares numpy.* need numpy>=2\.2,<3"):
        placed("project", pyproject__toml=f'[project]\nname = "shop"\ndependencies = ["{bound}"]\n')
    with pytest.raises(InputError):
        placed("requirements", requirements__txt=f"{bound}\n")


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("", ">=2,<3", True),
        (">=1", "<2", True),
        (">1,<2", "~=1.4", True),
        (">=2.2,<3", "==2.2.0", True),
        ("==2.*", ">=2.5", True),
        ("<2.2", ">=2.2", False),
        (">=3", ">=2.2,<3", False),
        ("!=2.2", "==2.2", False),
    ],
)
def test_common_versions(one: str, other: str, common: bool) -> None:
    assert requirement.common(requirement.specifier(one), requirement.specifier(other)) is common


@given(st.lists(st.sampled_from(["a>=1", "b", "c<2; python_version < '3.12'"]), unique=True), st.booleans())
def test_ini_keeps_every_line_and_says_what_was_added(items: list[str], windows: bool) -> None:
    import configparser

    text = "# top\n[metadata]\nname = x\n[options]\ninstall_requires = z\n\n# end\n[other]\nkey = 1\n"
    text = text.replace("\n", "\r\n") if windows else text
    added = ini.add(text, "options", "install_requires", items)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(added.replace("\r\n", "\n"))
    assert parser["options"]["install_requires"].split("\n")[-len(items) - 1 :][-len(items) or None :] == (
        items or ["z"]
    )
    assert parser["other"]["key"] == "1"
    assert [line for line in ("# top", "# end", "name = x") if line in added.split("\r\n" if windows else "\n")] == [
        "# top",
        "# end",
        "name = x",
    ]


SEVERAL: list[dict[str, Any]] = [
    {"project": {"dependencies": ["fastapi>=0.130,<1", "uvicorn[standard]>=0.40,<1"]}},
    {"project": {"dependencies": ["fastapi>=0.131"]}},
]


@pytest.mark.parametrize(
    ("home", "path", "before", "after"),
    [
        ("project", "pyproject.toml", '[project]\ndependencies = [\n  "fastapi >= 0.115",  # ours\n  \'uvicorn\',\n]\n',
         '[project]\ndependencies = [\n  "fastapi>=0.131,<1",  # ours\n  \'uvicorn[standard]>=0.40,<1\',\n]\n'),
        ("project", "pyproject.toml",
         '[project]\r\ndependencies = ["fastapi>=0.115; python_version>\'3\'", "uvicorn"]\r\n',
         "[project]\r\ndependencies = [\"fastapi>=0.131,<1; python_version>'3'\", \"uvicorn[standard]>=0.40,<1\"]\r\n"),
        ("poetry", "pyproject.toml",
         '[tool.poetry.dependencies]\nfastapi = ">=0.115"  # ours\nuvicorn = { version = ">=0.30", optional = true }\n',
         '[tool.poetry.dependencies]\nfastapi = ">=0.131,<1"  # ours\n'
         'uvicorn = { version = ">=0.40,<1", optional = true, extras = ["standard"] }\n'),
        ("poetry", "pyproject.toml",
         '[tool.poetry.dependencies.fastapi]\nversion = ">=0.115"\n[tool.poetry.dependencies.uvicorn]\ngit = "https://x"\n'
         'extras = ["standard"]\n',
         '[tool.poetry.dependencies.fastapi]\nversion = ">=0.131,<1"\n[tool.poetry.dependencies.uvicorn]\n'
         'git = "https://x"\nextras = ["standard"]\n'),
        ("pipfile", "Pipfile",
         '[packages]\nfastapi = "*"  # ours\nuvicorn = {extras = ["standard"], version = ">=0.30"}\n',
         '[packages]\nfastapi = ">=0.131,<1"  # ours\nuvicorn = {extras = ["standard"], version = ">=0.40,<1"}\n'),
        ("requirements", "requirements.txt", "# web\nFastAPI>=0.115,!=0.140.0  # ours\n\n-e .\nuvicorn\n",
         "# web\nFastAPI>=0.131,!=0.140.0,<1  # ours\n\n-e .\nuvicorn[standard]>=0.40,<1\n"),
        ("requirements", "requirements.txt",
         "fastapi==0.135.2\nuvicorn[standard]==0.41.0  # pinned\n", ""),
        ("setup.cfg", "setup.cfg",
         "[options]\r\ninstall_requires =\r\n    # web\r\n    fastapi>=0.115\r\n    uvicorn\r\n",
         "[options]\r\ninstall_requires =\r\n    # web\r\n    fastapi>=0.131,<1\r\n    uvicorn[standard]>=0.40,<1\r\n"),
        ("setup.cfg", "setup.cfg", "[options]\ninstall_requires = fastapi\n    uvicorn[standard]>=0.40,<0.50\n",
         "[options]\ninstall_requires = fastapi>=0.131,<1\n    uvicorn[standard]>=0.40,<0.50\n"),
        ("conda", "environment.yml",
         "dependencies:\n  # web\n  - conda-forge::fastapi >=0.115  # ours\n  - pip\n  - pip:\n"
         "    - uvicorn>=0.30  # theirs\n",
         "dependencies:\n  # web\n  - conda-forge::fastapi>=0.131,<1  # ours\n  - pip\n  - pip:\n"
         "    - uvicorn[standard]>=0.40,<1  # theirs\n"),
    ],
)  # fmt: skip
def test_bounds_that_are_too_wide_are_tightened_and_nothing_else(
    home: Home, path: str, before: str, after: str
) -> None:
    found = dependencies.place(SEVERAL, home, {path: before})
    text = found.texts.get(path, before)
    assert merge.add_all(path, text, found.fragments.get(path, [])) == text
    assert text == (after or before)
    now = dependencies.place(SEVERAL, home, {path: text})
    assert not dependencies.tightened(now), "what was tightened keeps to ours"
    assert now.texts.get(path, text) == text


CLAUSES = st.lists(
    st.sampled_from([">=1", ">=1.2", ">2.1", "<3", "<=2.5", "!=2.0", "~=2.1", "==2.*", "==2.1.3"]), max_size=3
)


@given(CLAUSES, CLAUSES)
def test_together_allows_exactly_what_both_allow(theirs: list[str], ours: list[str]) -> None:
    one, other = (requirement.Requirement(f"x{','.join(clauses)}") for clauses in (theirs, ours))
    both = requirement.together(one, other)
    versions = [f"{major}.{minor}.{patch}" for major in range(4) for minor in range(7) for patch in range(5)]
    for version in versions:
        allowed = one.specifier.contains(version) and other.specifier.contains(version)
        assert both.specifier.contains(version) == allowed, (version, str(both))
    assert requirement.satisfies(both, one)
    assert requirement.satisfies(both, other)
    if requirement.satisfies(one, other):
        assert both.specifier == one.specifier
        assert all(other.specifier.contains(version) for version in versions if one.specifier.contains(version))
