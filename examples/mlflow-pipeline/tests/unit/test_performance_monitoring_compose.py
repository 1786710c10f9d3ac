"""The exporter in compose: hardened, read-only, and where Prometheus looks for it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "compose" / "pipeline-monitor.yaml"
JOB = "payments-loop-pipeline"
PROMETHEUS = ROOT / "monitoring" / "prometheus" / "prometheus.yml"


@pytest.fixture(scope="module")
def monitor() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]["monitor"]
    return found


def test_it_is_part_of_the_system_and_hardened(monitor: dict[str, Any]) -> None:
    system = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert f"deploy/compose/{FILE.name}" in system["include"]
    assert monitor["extends"] == {"file": "hardened.yaml", "service": "hardened"}
    assert monitor["image"] == system["services"]["api"]["image"]
    assert "ports" not in monitor


def test_data_is_read_only(monitor: dict[str, Any]) -> None:
    assert monitor["volumes"] == ["../../data:/app/data:ro"]


@pytest.mark.skipif(not PROMETHEUS.is_file(), reason="the component monitoring is not there")
def test_prometheus_finds_it() -> None:
    config = yaml.safe_load(PROMETHEUS.read_text(encoding="utf-8"))
    [job] = [one for one in config["scrape_configs"] if one["job_name"] == JOB]
    assert job["static_configs"] == [{"targets": ["monitor:9108"]}]
    # Its series carry the job of the service, which the dashboards select by.
    [relabelling] = job["metric_relabel_configs"]
    assert relabelling["target_label"] == "job"
    assert relabelling["replacement"] == "payments-loop"
