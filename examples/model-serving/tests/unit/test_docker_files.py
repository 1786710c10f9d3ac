"""What the Dockerfile, the build context and compose promise, read from the files themselves."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fraud_scoring import compose, container

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """Split a Dockerfile into (instruction, arguments), comments and line breaks removed."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    return [(name, " ".join(rest.split())) for name, _, rest in pairs]


@pytest.fixture(scope="module")
def dockerfile() -> list[Instruction]:
    return instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped(dockerfile: list[Instruction]) -> dict[str, str]:
    """The instructions of the last stage; of several with one name, the last."""
    start = max(i for i, (name, _) in enumerate(dockerfile) if name == "FROM")
    return dict(dockerfile[start:])


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    return compose.api(ROOT)


def test_linter_finds_nothing_in_the_dockerfile() -> None:
    run_tool("hadolint", "--failure-threshold", "style", ROOT / "Dockerfile")


def test_compose_files_fit_the_schema_of_compose() -> None:
    files = [ROOT / "compose.yaml", *(ROOT / "deploy" / "compose").glob("*.yaml")]
    run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", *files)


def run_tool(name: str, *arguments: str | Path) -> None:
    """Run a tool of the environment and fail with what it printed."""
    done = subprocess.run(
        [TOOLS / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_shipped_stage_runs_as_a_numeric_user_without_privileges(
    shipped: dict[str, str],
) -> None:
    assert shipped["USER"] == "10001:10001"


def test_commands_need_no_shell(shipped: dict[str, str]) -> None:
    assert shipped["CMD"] == '["fraud-scoring", "serve"]'
    assert "ENTRYPOINT" not in shipped
    assert re.search(r'CMD \["python", "-c", ', shipped["HEALTHCHECK"])
    assert "/readyz" in shipped["HEALTHCHECK"]
    assert shipped["STOPSIGNAL"] == "SIGTERM"


def test_shipped_stage_gets_only_the_environment_and_the_collected_files(
    dockerfile: list[Instruction],
) -> None:
    start = max(i for i, (name, _) in enumerate(dockerfile) if name == "FROM")
    copies = [rest for name, rest in dockerfile[start:] if name in {"COPY", "ADD"}]
    assert copies == ["--from=build /app/.venv .venv", "--from=files /files ./"]


def test_image_is_labelled_with_version_and_revision(shipped: dict[str, str]) -> None:
    labels = dict(part.split("=", 1) for part in shlex.split(shipped["LABEL"]))
    prefix = "org.opencontainers.image"
    assert labels[f"{prefix}.title"] == "fraud-scoring"
    assert labels[f"{prefix}.version"] == "${VERSION}"
    assert labels[f"{prefix}.revision"] == "${REVISION}"


def test_installs_the_lock_without_development_groups(dockerfile: list[Instruction]) -> None:
    syncs = [rest for name, rest in dockerfile if name == "RUN" and "uv sync" in rest]
    assert len(syncs) == 2
    assert all("--locked" in run and "--no-dev --no-group train" in run for run in syncs)
    assert all("--mount=type=cache" in run for run in syncs)
    assert "--no-install-project" in syncs[0]
    assert "--no-editable" in syncs[1]


def test_build_needs_no_frontend_image(dockerfile: list[Instruction]) -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "syntax=" not in text
    assert dockerfile[0][0] == "ARG"


def test_every_base_image_is_pinned_to_a_version() -> None:
    images = container.base_images((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert [image.partition(":")[0] for image in images] == ["ghcr.io/astral-sh/uv", "python"]
    assert all(re.search(r":\d+\.\d+", image) for image in images)


def test_build_context_is_a_list_of_what_is_needed() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    needed = set(container.SOURCES) - {"Dockerfile", ".dockerignore"}
    taken = {name.split("/")[0] for name in container.contents(ROOT)}
    assert {name.split("/")[0] for name in allowed} == {
        *(name.split("/")[0] for name in needed),
        *taken,
        "models",
    }
    assert needed <= allowed


def test_what_the_image_takes_along_is_in_the_repository_or_made() -> None:
    for name in container.contents(ROOT):
        assert not Path(name).is_absolute()
        if Path(name).parts[0] != "models":
            assert (ROOT / name).exists(), name


def test_service_may_do_nothing_that_it_need_not(api: dict[str, Any]) -> None:
    assert api["read_only"] is True
    assert api["cap_drop"] == ["ALL"]
    assert api["security_opt"] == ["no-new-privileges:true"]
    assert api["user"] == "10001:10001"
    assert api["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert all({"noexec", "nosuid", "nodev"} <= set(re.split("[:,]", m)) for m in api["tmpfs"])
    assert not api.get("privileged")
    assert "cap_add" not in api


def test_container_is_run_with_the_restrictions_of_compose(api: dict[str, Any]) -> None:
    options = compose.options(ROOT)
    memory = api["deploy"]["resources"]["limits"]["memory"]
    assert {
        "--read-only",
        "--user=10001:10001",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges:true",
        f"--memory={memory.lower()}",
    } <= set(options)
    assert {option.partition("=")[0] for option in options} >= {"--tmpfs", "--pids-limit", "--cpus"}


def test_what_a_service_says_itself_counts_more_than_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "services: {hardened: {read_only: true, user: '1:1', tmpfs: ['/tmp:rw'], cap_drop: [ALL],"
        " security_opt: [x], deploy: {resources: {limits: {cpus: '1', memory: 512M, pids: 9}}}}}"
    )
    (tmp_path / "compose.yaml").write_text(
        "services: {api: {extends: {file: base.yaml, service: hardened}, tmpfs: ['/run:rw'],"
        " deploy: {resources: {limits: {memory: 2G}}},"
        " volumes: ['data:/app/data', './models:/app/models:ro']}}"
    )
    models = f"--volume={tmp_path}/models:/app/models:ro"
    assert compose.options(tmp_path) == [
        "--read-only",
        "--tmpfs=/tmp:rw",
        "--tmpfs=/run:rw",
        "--user=1:1",
        "--cap-drop=ALL",
        "--security-opt=x",
        "--pids-limit=9",
        "--memory=2g",
        "--cpus=1",
        "--volume=/app/data",
        models,
    ]
    kept = compose.options(tmp_path, keep=True)
    assert kept[-2:] == ["--volume=fraud-scoring_data:/app/data", models]


def test_compose_publishes_to_this_machine_only(api: dict[str, Any]) -> None:
    assert api["ports"]
    assert all(port.startswith("127.0.0.1:") for port in api["ports"])


def test_compose_keeps_secrets_out_of_the_file(api: dict[str, Any]) -> None:
    assert "APP_API_KEYS" not in api["environment"]
    assert api["env_file"] == [{"path": ".env", "required": False}]
