"""The loop in compose: restricted like the other services, and mounting what exists."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy/compose/pipeline.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SYSTEM: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture(params=sorted(COMPOSE["services"]))
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"][request.param]
    return found


def test_it_is_part_of_the_system() -> None:
    assert "deploy/compose/pipeline.yaml" in SYSTEM["include"]


def test_a_service_is_restricted_like_the_others(service: dict[str, Any]) -> None:
    assert service["extends"] == {"file": "hardened.yaml", "service": "hardened"}
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_what_is_mounted_exists_and_is_read_only(service: dict[str, Any]) -> None:
    for mount in service["volumes"]:
        source, _, rest = mount.partition(":")
        if source.startswith("."):
            assert rest.endswith(":ro")
            assert (FILE.parent / source).exists()
        else:
            assert source in COMPOSE["volumes"]
