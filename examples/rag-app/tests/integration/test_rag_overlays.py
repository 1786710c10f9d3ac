"""Where the pods of each overlay keep their state, and what they can reach."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import pytest
from plugins.kubernetes import OVERLAYS, Manifest, of_kind

NAME = "docs-qa"
QDRANT = f"{NAME}-qdrant"
SERVERS = [overlay for overlay in OVERLAYS if overlay != "local"]
Render = Callable[[str], list[Manifest]]


def pods(manifests: list[Manifest]) -> list[Manifest]:
    """Pod specs of the service: of the stable track, and of a canary."""
    return [found["spec"]["template"]["spec"] for found in of_kind(manifests, "Deployment")]


def environment(pod: Manifest) -> dict[str, Any]:
    """Each variable's value, or the name and key of the Secret that has it."""
    [container] = pod["containers"]
    found: dict[str, Any] = {}
    for variable in container["env"]:
        secret = variable.get("valueFrom", {}).get("secretKeyRef", {})
        found[variable["name"]] = variable.get("value") or (secret["name"], secret["key"])
    return found


def volumes(pod: Manifest) -> dict[str, Manifest]:
    """Volumes by the path where the service has them."""
    sources = {volume["name"]: volume for volume in pod["volumes"]}
    [container] = pod["containers"]
    return {mount["mountPath"]: sources[mount["name"]] for mount in container["volumeMounts"]}


def policy(manifests: list[Manifest], name: str) -> Manifest:
    [found] = [
        found for found in of_kind(manifests, "NetworkPolicy") if found["metadata"]["name"] == name
    ]
    spec: Manifest = found["spec"]
    return spec


@pytest.mark.parametrize("overlay", SERVERS)
def test_pods_that_can_be_many_share_their_state(render: Render, overlay: str) -> None:
    for pod in pods(render(overlay)):
        chosen = environment(pod)
        assert chosen["APP_STORE"] == "qdrant"
        assert chosen["APP_STORE_URL"] == f"http://{QDRANT}:6333"
        assert chosen["APP_STORE_KEY"] == (QDRANT, "api-key")
        assert chosen["APP_DOCUMENTS_LIBRARY_URL"] == (f"{NAME}-library", "url")
        assert "emptyDir" in volumes(pod)["/app/data"]


def test_a_second_pod_with_the_embedded_index_cannot_start(render: Render) -> None:
    manifests = render("local")
    [deployment] = of_kind(manifests, "Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert of_kind(manifests, "HorizontalPodAutoscaler") == of_kind(manifests, "ScaledObject") == []
    [claim] = of_kind(manifests, "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
    [pod] = pods(manifests)
    assert volumes(pod)["/app/data"] == {
        "name": "data",
        "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]},
    }


def test_one_pod_needs_no_servers(render: Render) -> None:
    manifests = render("local")
    [pod] = pods(manifests)
    chosen = environment(pod)
    assert chosen["APP_STORE"] == "qdrant-edge"
    assert not {"APP_STORE_URL", "APP_STORE_KEY", "APP_DOCUMENTS_LIBRARY_URL"} & chosen.keys()
    assert of_kind(manifests, "StatefulSet") == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_may_use_the_processors_that_the_embedding_model_has_threads(
    render: Render,
    overlay: str,
) -> None:
    manifests = render(overlay)
    threads = {found["data"]["APP_EMBEDDING_THREADS"] for found in of_kind(manifests, "ConfigMap")}
    limits = {pod["containers"][0]["resources"]["limits"]["cpu"] for pod in pods(manifests)}
    assert threads == limits


@pytest.mark.parametrize("overlay", SERVERS)
def test_qdrant_keeps_its_index_and_needs_the_key_that_the_service_has(
    render: Render,
    overlay: str,
) -> None:
    [server] = of_kind(render(overlay), "StatefulSet")
    pod = server["spec"]["template"]["spec"]
    assert environment(pod)["QDRANT__SERVICE__API_KEY"] == (QDRANT, "api-key")
    [claim] = server["spec"]["volumeClaimTemplates"]
    [container] = pod["containers"]
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert mounts["/qdrant/storage"] == claim["metadata"]["name"]
    written = environment(pod)["QDRANT__STORAGE__SNAPSHOTS_PATH"]
    assert written.startswith("/qdrant/storage/")
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsUser"]


@pytest.mark.parametrize("overlay", SERVERS)
def test_only_the_service_reaches_qdrant_and_qdrant_reaches_nobody(
    render: Render,
    overlay: str,
) -> None:
    manifests = render(overlay)
    spec = policy(manifests, QDRANT)
    assert spec["policyTypes"] == ["Ingress"]
    [rule] = spec["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": NAME}}}]
    leaving = [found for found in of_kind(manifests, "NetworkPolicy") if "egress" in found["spec"]]
    chosen = [found["spec"]["podSelector"]["matchLabels"] for found in leaving]
    assert chosen == [{"app.kubernetes.io/name": NAME}] * 2


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "fd00::1"],
)
def test_the_web_that_pods_reach_is_the_public_one(render: Render, address: str) -> None:
    [names, web] = policy(render("prod"), f"{NAME}-web")["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert {port["port"] for port in web["ports"]} == {80, 443}
    assert not any(holds(block["ipBlock"], address) for block in web["to"])
    assert any(holds(block["ipBlock"], "203.0.114.1") for block in web["to"])


def holds(block: Manifest, address: str) -> bool:
    """Whether a block of a network policy allows an address."""
    wanted = ipaddress.ip_address(address)
    inside = wanted in ipaddress.ip_network(block["cidr"])
    return inside and not any(
        wanted in ipaddress.ip_network(hole) for hole in block.get("except", [])
    )
