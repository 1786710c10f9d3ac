"""Monitoring in compose: hardened, pinned, and mounting what exists."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from plugins.monitoring import ROOT

FILE = ROOT / "deploy" / "compose" / "monitoring.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SYSTEM: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture(params=sorted(COMPOSE["services"]))
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"][request.param]
    return found


def test_it_is_part_of_the_system() -> None:
    assert "deploy/compose/monitoring.yaml" in SYSTEM["include"]


def test_image_is_pinned_to_a_release(service: dict[str, Any]) -> None:
    tag = service["image"].partition(":")[2].removeprefix("v")
    assert [part.isdigit() for part in tag.split(".")] == [True, True, True]


def test_service_may_do_nothing_that_it_need_not(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service["user"].startswith("0:")
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["healthcheck"]["test"][0] == "CMD"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_mounted_files_exist_and_are_read_only(service: dict[str, Any]) -> None:
    for mount in service["volumes"]:
        source, _, rest = mount.partition(":")
        if source.startswith("."):
            assert (FILE.parent / source).is_dir(), source
            assert rest.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


def test_addresses_are_names_of_services() -> None:
    prometheus = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text("utf-8"))
    [lookup] = prometheus["scrape_configs"][0]["dns_sd_configs"]
    assert set(lookup["names"]) <= set(SYSTEM["services"])
    for manager in prometheus["alerting"]["alertmanagers"]:
        for target in manager["static_configs"][0]["targets"]:
            assert target.partition(":")[0] in COMPOSE["services"]
    provisioning = ROOT / "monitoring/grafana/provisioning/datasources/prometheus.yml"
    for source in yaml.safe_load(provisioning.read_text("utf-8"))["datasources"]:
        assert source["url"].removeprefix("http://").partition(":")[0] in COMPOSE["services"]


def test_provisioned_folders_are_mounted() -> None:
    mounts = COMPOSE["services"]["grafana"]["volumes"]
    folders = {mount.split(":")[1] for mount in mounts}
    providers = ROOT / "monitoring/grafana/provisioning/dashboards/dashboards.yml"
    for provider in yaml.safe_load(providers.read_text("utf-8"))["providers"]:
        assert provider["options"]["path"] in folders
    home = COMPOSE["services"]["grafana"]["environment"]
    path = Path(home["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / "monitoring/grafana/dashboards" / path.name).is_file()
