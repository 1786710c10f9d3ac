"""The manifests of vLLM are valid, reach a GPU, load in peace, and scale on the queue."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugins.kubernetes import BUILT_IN, Manifest, documents, name, of_kind, schema_errors

FOLDER = Path(__file__).parents[2] / "deploy" / "vllm-kubernetes"
MANIFESTS = [
    found
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for found in documents(path)
]


def pod() -> Manifest:
    [deployment] = of_kind(MANIFESTS, "Deployment")
    found: Manifest = deployment["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize("manifest", MANIFESTS, ids=name)
def test_schemas_are_kept(manifest: Manifest) -> None:
    if manifest["apiVersion"] not in BUILT_IN:
        assert manifest["apiVersion"] == "keda.sh/v1alpha1"
        return
    assert schema_errors(manifest) == []


def test_every_file_is_used_or_an_alternative() -> None:
    [kustomization] = documents(FOLDER / "kustomization.yaml")
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert files - set(kustomization["resources"]) == {"autoscaler.yaml"}


def test_the_pod_gets_a_gpu_and_a_node_that_has_one() -> None:
    [container] = pod()["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu.present" in pod()["nodeSelector"]
    assert {toleration["key"] for toleration in pod()["tolerations"]} == {"nvidia.com/gpu"}


def test_loading_may_take_half_an_hour() -> None:
    [container] = pod()["containers"]
    probe = container["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 1800


@pytest.mark.parametrize("kind", ["Deployment", "CronJob"])
def test_pods_are_restricted(kind: str) -> None:
    [found] = of_kind(MANIFESTS, kind)
    template = found["spec"].get("jobTemplate", found)["spec"]["template"]["spec"]
    assert template["securityContext"]["runAsNonRoot"]
    assert not template["automountServiceAccountToken"]
    for container in template["containers"]:
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"]
        assert not rights["allowPrivilegeEscalation"]
        assert rights["capabilities"] == {"drop": ["ALL"]}


def test_both_autoscalers_count_waiting_requests() -> None:
    [keda] = of_kind(MANIFESTS, "ScaledObject")
    [trigger] = keda["spec"]["triggers"]
    assert "vllm:num_requests_waiting" in trigger["metadata"]["query"]
    [hpa] = of_kind(MANIFESTS, "HorizontalPodAutoscaler")
    [metric] = hpa["spec"]["metrics"]
    assert metric["pods"]["target"]["averageValue"] == trigger["metadata"]["threshold"]
