"""`adopt`, `add` and `check` on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from scaffolder.tree import read_tree

Run = Callable[..., CompletedProcess[str]]
Make = Callable[[str], Path]


def test_adopt_tells_what_it_finds_and_writes_the_lock_only(repository: Make, run_cli: Run) -> None:
    root = repository("poetry_app")
    before = read_tree(root)
    dry = run_cli("adopt", "--dry-run", cwd=root)
    assert dry.returncode == 0
    assert read_tree(root) == before
    for part in ("churn_scores", "poetry", ">=3.11,<4", "fastapi: app in churn_scores/api.py", "drift"):
        assert part in dry.stdout, part
    done = run_cli("adopt", "--json", cwd=root / "tests")
    answer = json.loads(done.stdout)
    assert answer["facts"]["metadata"]["home"] == "poetry"
    assert "drift" in answer["applicable"]
    assert "docker" not in answer["applicable"]
    assert answer["written"]
    assert set(read_tree(root)) - set(before) == {"scaffolder.lock"}
    again = json.loads(run_cli("adopt", "--json", cwd=root).stdout)
    assert again["steps"] == []


def test_what_is_left_to_a_person_is_printed_and_checked(repository: Make, run_cli: Run) -> None:
    root = repository("setup_library")
    code = {path: entry for path, entry in read_tree(root).items() if path.endswith(".py")}
    assert "setup.py:9  " in run_cli("add", "model-bundle", "--dry-run", cwd=root).stdout
    said = run_cli("add", "model-bundle", cwd=root)
    assert said.returncode == 0, said.stderr
    assert "setup.py:9  install_requires" in said.stdout
    assert "tests/conftest.py:2  " in said.stdout
    assert '      "pydantic>=2.12,<3",' in said.stdout
    assert "setup.py:10  instead of 'numpy>=1.20'" in said.stdout, "its bound is too wide"
    assert code.items() <= read_tree(root).items(), "code is never edited"
    found = run_cli("check", cwd=root)
    assert found.returncode == 1
    assert "setup.py:9" in found.stdout
    report = json.loads(run_cli("check", "--json", cwd=root).stdout)
    for finding in report["findings"]:
        file = root / finding["path"]
        lines = file.read_text().splitlines(keepends=True)
        at = finding["line"] if finding["path"] == "setup.py" else finding["line"] - 1
        file.write_text("".join([*lines[:at], *(f"{line}\n" for line in finding["lines"]), *lines[at:]]))
    done = run_cli("check", cwd=root)
    assert (done.returncode, done.stdout) == (0, "nothing is missing\n"), done.stdout


def test_check_sees_a_fact_that_is_gone(repository: Make, run_cli: Run) -> None:
    root = repository("ccds_style")
    assert run_cli("add", "documents", cwd=root).returncode == 0
    assert run_cli("check", cwd=root).returncode == 0
    (root / "pyproject.toml").write_text((root / "pyproject.toml").read_text().replace("~=3.12.0", ">=3.9"))
    found = run_cli("check", cwd=root)
    assert found.returncode == 1
    assert "supports Python >=3.9" in found.stdout


def test_a_refusal_names_the_next_step(repository: Make, run_cli: Run) -> None:
    root = repository("poetry_app")
    refused = run_cli("add", "docker", cwd=root)
    assert refused.returncode == 2
    assert "next: " in refused.stderr
    assert "uv lock" in refused.stderr
    root = repository("flask_service")
    pinned = (root / "setup.cfg").read_text().replace("    gunicorn", "    pydantic<2")
    (root / "setup.cfg").write_text(pinned)
    clash = run_cli("add", "http-api", cwd=root)
    assert clash.returncode == 2
    assert "declares pydantic<2" in clash.stderr
    assert not (root / "scaffolder.lock").exists()


def test_files_that_exist_are_not_overwritten(repository: Make, run_cli: Run) -> None:
    root = repository("poetry_app")
    (root / "mk").mkdir()
    (root / "mk/drift.mk").write_text("mine:\n")
    before = read_tree(root)
    refused = run_cli("add", "drift", cwd=root)
    assert refused.returncode == 1
    assert "mk/drift.mk: it exists already" in refused.stderr
    assert read_tree(root) == before


def test_compiled_requirements_are_left_to_what_compiles_them(tmp_path: Path, run_cli: Run) -> None:
    root = tmp_path / "stall"
    (root / "stall").mkdir(parents=True)
    (root / "stall/__init__.py").touch()
    compiled = "#\n#    pip-compile --generate-hashes requirements.in\n#\nclick==8.3.1 \\\n    --hash=sha256:00\n"
    (root / "requirements.txt").write_text(compiled)
    refused = run_cli("add", "drift", cwd=root)
    assert refused.returncode == 2
    assert "no requirements.in" in refused.stderr
    source = "click  # ours\nnumpy>=2.2,<3\nonnxruntime>=1.22,<2\npydantic>=2.12,<3\n"  # nothing is lacking
    (root / "requirements.in").write_text(source)
    assert (
        "pip-compile --generate-hashes requirements.in && pip install -r requirements.txt && "
        "pip install -r requirements-dev.txt" in run_cli("add", "drift", "--yes", cwd=root).stdout
    )
    assert run_cli("add", "features", "--yes", cwd=root).returncode == 0
    assert "polars" in (root / "requirements.in").read_text()
    removed = run_cli(
        "remove", "features", "data-ingestion", "drift", "model-bundle", "model-evaluation", "--yes", cwd=root
    )
    assert removed.returncode == 0, removed.stderr
    assert (root / "requirements.in").read_text() == source
    assert (root / "requirements.txt").read_text() == compiled
