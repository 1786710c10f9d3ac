"""The manifests for the Prometheus Operator say what the rules and the Service say."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from plugins.kubernetes import ROOT as MANIFESTS
from plugins.kubernetes import documents
from plugins.monitoring import ROOT

from text2json.cli import main
from text2json.monitoring import prometheus_rules

COMPONENT = MANIFESTS / "components" / "monitoring"


def test_manifests_are_what_the_rules_give() -> None:
    assert prometheus_rules.stale(ROOT) == [], "run `make k8s-rules`"


def test_every_rule_file_is_part_of_the_component() -> None:
    [component] = documents(COMPONENT / "kustomization.yaml")
    rules = {path.name for path in prometheus_rules.build(ROOT)}
    assert rules <= set(component["resources"])


def test_job_of_the_alerts_is_the_name_of_the_service() -> None:
    """Without `jobLabel` the operator uses the name of the Service."""
    [monitor] = documents(COMPONENT / "service-monitor.yaml")
    assert "jobLabel" not in monitor["spec"]
    [service] = documents(MANIFESTS / "base" / "workload" / "service.yaml")
    rules = (COMPONENT / "rules-service.yaml").read_text(encoding="utf-8")
    assert f'up{{job="{service["metadata"]["name"]}"}}' in rules


def test_command_writes_and_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = tmp_path / prometheus_rules.RULES / "mine.yml"
    source.parent.mkdir(parents=True)
    (tmp_path / prometheus_rules.FOLDER).mkdir(parents=True)
    groups = {"groups": [{"name": "mine", "rules": [{"record": "a:b", "expr": "c\nd\n"}]}]}
    source.write_text(yaml.safe_dump(groups))
    run = CliRunner().invoke
    assert run(main, ["prometheus-rules", "--check"]).exit_code == 1
    assert "rules-mine.yaml" in run(main, ["prometheus-rules"]).output
    assert run(main, ["prometheus-rules", "--check"]).exit_code == 0
    [written] = prometheus_rules.build()
    assert yaml.safe_load(written.read_text())["spec"] == groups
