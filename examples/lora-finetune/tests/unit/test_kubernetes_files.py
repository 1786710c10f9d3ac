"""The manifests as they are written; needs no cluster and no kubectl."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from plugins.kubernetes import (
    BUILT_IN,
    ROOT,
    Manifest,
    documents,
    excess,
    manifest_files,
    of_kind,
    patches,
    schema_errors,
)
from prometheus_client import CollectorRegistry

from text2json.api.metrics import Metrics
from text2json.api.settings import Settings

PROJECT = ROOT.parents[1]

KUSTOMIZATIONS = sorted(ROOT.rglob("kustomization.yaml"))


def relative(path: Path) -> str:
    """Return a path below deploy/kubernetes, as the name of a test."""
    return str(path.relative_to(ROOT))


@pytest.fixture
def base() -> list[Manifest]:
    return [found for path in manifest_files(ROOT / "base") for found in documents(path)]


@pytest.fixture
def deployment(base: list[Manifest]) -> Manifest:
    [found] = of_kind(base, "Deployment")
    return found


@pytest.fixture
def pod(deployment: Manifest) -> Manifest:
    template: Manifest = deployment["spec"]["template"]
    return template


@pytest.mark.parametrize("path", manifest_files(), ids=relative)
def test_manifest_fits_the_schema_of_its_kind(path: Path) -> None:
    for manifest in documents(path):
        if manifest["apiVersion"] in BUILT_IN:
            assert schema_errors(manifest) == []
        else:
            assert manifest["apiVersion"].partition("/")[0] in {
                "gateway.networking.k8s.io",
                "keda.sh",
                "monitoring.coreos.com",
            }


def test_schema_check_refuses_an_unknown_field(deployment: Manifest) -> None:
    deployment["spec"]["replica"] = 3
    assert any("replica" in error for error in schema_errors(deployment))


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=relative)
def test_kustomization_names_every_manifest_beside_it(path: Path) -> None:
    [kustomization] = documents(path)
    named = [*kustomization.get("resources", []), *kustomization.get("components", [])]
    named += patches(kustomization)
    assert [entry for entry in named if not (path.parent / entry).exists()] == []
    beside = {found.name for found in path.parent.glob("*.yaml")} - {"kustomization.yaml"}
    assert beside == {entry for entry in named if entry.endswith(".yaml")}


def test_pod_keeps_to_the_restricted_profile(pod: Manifest) -> None:
    assert excess(pod) == []


def drop_limits(pod: Any) -> None:
    del pod["spec"]["containers"][0]["resources"]["limits"]


def run_as_root(pod: Any) -> None:
    pod["spec"]["securityContext"]["runAsUser"] = 0


def keep_capabilities(pod: Any) -> None:
    pod["spec"]["containers"][0]["securityContext"]["capabilities"] = {"drop": ["NET_RAW"]}


def mount_the_host(pod: Any) -> None:
    pod["spec"]["volumes"].append({"name": "host", "hostPath": {"path": "/etc"}})


def forget_readiness(pod: Any) -> None:
    del pod["spec"]["containers"][0]["readinessProbe"]


@pytest.mark.parametrize(
    ("weaken", "problem"),
    [
        (drop_limits, "no memory in limits"),
        (run_as_root, "may run as root"),
        (keep_capabilities, "has capabilities"),
        (mount_the_host, "mounts the host's /etc"),
        (forget_readiness, "no readinessProbe"),
    ],
)
def test_weakened_pod_is_noticed(
    pod: Manifest,
    weaken: Callable[[Any], None],
    problem: str,
) -> None:
    weakened = copy.deepcopy(pod)
    weaken(weakened)
    assert any(problem in found for found in excess(weakened))


def test_namespace_refuses_pods_that_are_not_restricted(base: list[Manifest]) -> None:
    [namespace] = of_kind(base, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_pod_is_killed_only_after_it_could_drain(pod: Manifest) -> None:
    [container] = pod["spec"]["containers"]
    before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    settings = Settings()
    needed = before + settings.drain_seconds + settings.shutdown_seconds
    assert pod["spec"]["terminationGracePeriodSeconds"] >= needed + 5


def test_probes_ask_for_life_and_readiness_separately(pod: Manifest) -> None:
    [container] = pod["spec"]["containers"]
    paths = {
        probe: container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }


def test_keys_come_from_a_secret_that_is_not_in_the_repository(pod: Manifest) -> None:
    [container] = pod["spec"]["containers"]
    [variable] = container["env"]
    assert variable["name"] == "APP_API_KEYS"
    assert "value" not in variable
    everything = [found for path in manifest_files() for found in documents(path)]
    assert of_kind(everything, "Secret") == []
    assert not any("secretGenerator" in documents(path)[0] for path in KUSTOMIZATIONS)


def test_settings_are_ones_that_the_service_knows() -> None:
    [kustomization] = documents(ROOT / "base" / "workload" / "kustomization.yaml")
    [settings] = kustomization["configMapGenerator"]
    names = {literal.partition("=")[0] for literal in settings["literals"]}
    documented = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    known = {line.partition("=")[0] for line in documented}
    assert names <= known | {"APP_LOG_FORMAT", "APP_LOG_LEVEL"}


def test_number_of_pods_belongs_to_the_autoscaler(
    base: list[Manifest],
    deployment: Manifest,
) -> None:
    [autoscaler] = of_kind(base, "HorizontalPodAutoscaler")
    target = autoscaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])
    assert "replicas" not in deployment["spec"]
    assert autoscaler["spec"]["minReplicas"] >= 2


def test_scales_up_at_once_and_down_slowly(base: list[Manifest]) -> None:
    [autoscaler] = of_kind(base, "HorizontalPodAutoscaler")
    behaviour = autoscaler["spec"]["behavior"]
    assert behaviour["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert behaviour["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_both_autoscalers_and_the_adapter_use_the_same_metric_and_target(
    base: list[Manifest],
) -> None:
    [autoscaler] = of_kind(base, "HorizontalPodAutoscaler")
    [pods] = [entry["pods"] for entry in autoscaler["spec"]["metrics"] if entry["type"] == "Pods"]
    metric = pods["metric"]["name"]
    [scaled] = documents(ROOT / "components" / "keda" / "scaled-object.yaml")
    trigger = scaled["spec"]["triggers"][0]["metadata"]
    assert trigger["query"].startswith(f"sum({metric}{{")
    assert trigger["threshold"] == pods["target"]["averageValue"]
    advanced = scaled["spec"]["advanced"]["horizontalPodAutoscalerConfig"]
    assert advanced["behavior"] == autoscaler["spec"]["behavior"]
    values = yaml.safe_load((ROOT / "prometheus-adapter" / "values.yaml").read_text("utf-8"))
    [rule] = values["rules"]["custom"]
    assert rule["seriesQuery"].startswith(f"{metric}{{")
    assert rule["name"]["matches"] == f"^{metric}$"


def test_metric_that_scales_is_exported_by_the_service(base: list[Manifest]) -> None:
    [autoscaler] = of_kind(base, "HorizontalPodAutoscaler")
    [pods] = [entry["pods"] for entry in autoscaler["spec"]["metrics"] if entry["type"] == "Pods"]
    registry = CollectorRegistry()
    Metrics(registry)
    assert pods["metric"]["name"] in {family.name for family in registry.collect()}


def test_monitor_selects_the_service_and_one_of_its_ports(base: list[Manifest]) -> None:
    [monitor] = documents(ROOT / "components" / "monitoring" / "service-monitor.yaml")
    [service] = of_kind(base, "Service")
    selector = monitor["spec"]["selector"]["matchLabels"]
    assert selector.items() <= service["metadata"]["labels"].items()
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_traffic_is_denied_except_requests_and_scrapes(
    base: list[Manifest],
    pod: Manifest,
) -> None:
    policies = {found["metadata"]["name"]: found for found in of_kind(base, "NetworkPolicy")}
    deny = policies["default-deny"]["spec"]
    assert deny["podSelector"] == {}
    assert set(deny["policyTypes"]) == {"Ingress", "Egress"}
    allow = policies["text2json"]["spec"]
    assert allow["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert "egress" not in allow
    [rule] = allow["ingress"]
    sources = [entry.get("namespaceSelector", {}).get("matchLabels", {}) for entry in rule["from"]]
    assert {"kubernetes.io/metadata.name": "monitoring"} in sources
    [container] = pod["spec"]["containers"]
    assert [port["port"] for port in rule["ports"]] == [port["name"] for port in container["ports"]]


def test_a_drained_node_takes_one_pod_at_a_time(base: list[Manifest], pod: Manifest) -> None:
    [budget] = of_kind(base, "PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1
    selector = budget["spec"]["selector"]["matchLabels"]
    assert selector.items() <= pod["metadata"]["labels"].items()
