"""What the Dockerfile, the build context and compose promise, read from the files themselves."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from my_project import container

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
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    service: dict[str, Any] = compose["services"]["api"]
    return service


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
    assert shipped["CMD"] == '["my-project", "serve"]'
    assert "ENTRYPOINT" not in shipped
    assert re.search(r'CMD \["python", "-c", ', shipped["HEALTHCHECK"])
    assert "/readyz" in shipped["HEALTHCHECK"]
    assert shipped["STOPSIGNAL"] == "SIGTERM"


def test_shipped_stage_gets_only_the_environment_and_the_models(
    dockerfile: list[Instruction],
) -> None:
    start = max(i for i, (name, _) in enumerate(dockerfile) if name == "FROM")
    copies = [rest for name, rest in dockerfile[start:] if name in {"COPY", "ADD"}]
    assert copies == ["--from=build /app/.venv .venv", "--from=models /selected models"]


def test_image_is_labelled_with_version_and_revision(shipped: dict[str, str]) -> None:
    labels = dict(part.split("=", 1) for part in shlex.split(shipped["LABEL"]))
    prefix = "org.opencontainers.image"
    assert labels[f"{prefix}.title"] == "my-project"
    assert labels[f"{prefix}.version"] == "${VERSION}"
    assert labels[f"{prefix}.revision"] == "${REVISION}"


def test_installs_the_lock_without_development_groups(dockerfile: list[Instruction]) -> None:
    syncs = [rest for name, rest in dockerfile if name == "RUN" and "uv sync" in rest]
    assert len(syncs) == 2
    assert all("--locked" in run and "--no-default-groups" in run for run in syncs)
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
    assert allowed == needed | {"models"}


def test_compose_service_is_restricted_like_production(api: dict[str, Any]) -> None:
    limits = api["deploy"]["resources"]["limits"]
    as_options = {
        "--read-only" if api["read_only"] else "",
        *(f"--tmpfs={mount}" for mount in api["tmpfs"]),
        *(f"--cap-drop={name}" for name in api["cap_drop"]),
        *(f"--security-opt={option}" for option in api["security_opt"]),
        f"--pids-limit={limits['pids']}",
        f"--memory={limits['memory'].lower()}",
        f"--cpus={limits['cpus']}",
    }
    assert as_options == set(container.RESTRICTIONS)
    assert api["user"] == "10001:10001"
    assert not api.get("privileged")
    assert "cap_add" not in api


def test_make_runs_the_image_with_the_same_restrictions() -> None:
    text = (ROOT / "mk" / "docker.mk").read_text(encoding="utf-8")
    recipe = text.partition("image-run:\n")[2].partition("\n\n")[0].replace("--tmpfs ", "--tmpfs=")
    assert [option for option in container.RESTRICTIONS if option not in recipe] == []


def test_compose_publishes_to_this_machine_only(api: dict[str, Any]) -> None:
    assert api["ports"]
    assert all(port.startswith("127.0.0.1:") for port in api["ports"])


def test_compose_keeps_secrets_out_of_the_file(api: dict[str, Any]) -> None:
    assert "APP_API_KEYS" not in api["environment"]
    assert api["env_file"] == [{"path": ".env", "required": False}]


def test_mounted_models_cannot_be_changed_by_the_service() -> None:
    path = ROOT / "deploy" / "compose" / "mounted-models.yaml"
    override = yaml.safe_load(path.read_text(encoding="utf-8"))
    [volume] = override["services"]["api"]["volumes"]
    assert volume["read_only"] is True
    assert volume["target"] == "/app/models"
