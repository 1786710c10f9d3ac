"""The overlays as kustomize renders them: what a cluster would get."""

import re
from collections.abc import Callable

import pytest
from plugins.kubernetes import (
    BUILT_IN,
    OVERLAYS,
    Manifest,
    excess,
    name,
    of_kind,
    schema_errors,
)

NAME = "docs-qa"
Render = Callable[[str], list[Manifest]]
# Namespaces and label values are DNS labels, RFC 1123
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
RELEASED = re.compile(
    r"(ghcr\.io/[a-z0-9-]+|\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com)/(?P<name>[a-z0-9-]+)"
    r"(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})"
)
pytestmark = pytest.mark.parametrize("overlay", OVERLAYS)


def workloads(manifests: list[Manifest]) -> list[Manifest]:
    """What makes pods."""
    return of_kind(manifests, "Deployment") + of_kind(manifests, "StatefulSet")


def tracks(manifests: list[Manifest]) -> list[Manifest]:
    """The Deployments of the service: the stable one and a canary."""
    return [found for found in of_kind(manifests, "Deployment") if "track" in labels(found)]


def labels(manifest: Manifest) -> dict[str, str]:
    """Labels of the pods that a workload makes."""
    found: dict[str, str] = manifest["spec"]["template"]["metadata"]["labels"]
    return found


def test_everything_fits_its_schema(render: Render, overlay: str) -> None:
    built_in = [found for found in render(overlay) if found["apiVersion"] in BUILT_IN]
    assert len(built_in) >= 8
    assert [error for manifest in built_in for error in schema_errors(manifest)] == []


def test_every_pod_keeps_to_the_restricted_profile(render: Render, overlay: str) -> None:
    found = workloads(render(overlay))
    assert found
    for workload in found:
        assert excess(workload["spec"]["template"]) == [], name(workload)


def test_names_are_unique_and_short_enough(render: Render, overlay: str) -> None:
    manifests = render(overlay)
    names = [name(manifest) for manifest in manifests]
    assert len(set(names)) == len(names)
    for manifest in manifests:
        if manifest["kind"] != "ConfigMap":
            assert DNS_LABEL.fullmatch(manifest["metadata"]["name"])
        for value in manifest["metadata"].get("labels", {}).values():
            assert len(value) <= 63


def test_everything_is_in_one_namespace(render: Render, overlay: str) -> None:
    manifests = [found for found in render(overlay) if found["kind"] != "Namespace"]
    assert {manifest["metadata"].get("namespace") for manifest in manifests} == {NAME}


def test_each_service_selects_the_pods_of_exactly_one_workload(
    render: Render,
    overlay: str,
) -> None:
    manifests = render(overlay)
    for service in of_kind(manifests, "Service"):
        selector = service["spec"]["selector"]
        chosen = [
            found for found in workloads(manifests) if selector.items() <= labels(found).items()
        ]
        assert [found["metadata"]["name"] for found in chosen] == [service["metadata"]["name"]]
        ports = {
            port["name"]
            for container in chosen[0]["spec"]["template"]["spec"]["containers"]
            for port in container["ports"]
        }
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_workloads_select_their_own_pods_only(render: Render, overlay: str) -> None:
    everything = workloads(render(overlay))
    for workload in everything:
        selector = workload["spec"]["selector"]["matchLabels"]
        matching = [found for found in everything if selector.items() <= labels(found).items()]
        assert matching == [workload]


def test_references_lead_somewhere(render: Render, overlay: str) -> None:
    manifests = render(overlay)
    present = {name(manifest) for manifest in manifests}
    for workload in workloads(manifests):
        spec = workload["spec"]["template"]["spec"]
        claimed = {
            entry["metadata"]["name"] for entry in workload["spec"].get("volumeClaimTemplates", [])
        }
        volumes = {volume["name"] for volume in spec.get("volumes", [])} | claimed
        if "serviceAccountName" in spec:
            assert f"ServiceAccount/{spec['serviceAccountName']}" in present
        for container in spec["containers"]:
            for source in container.get("envFrom", []):
                assert f"ConfigMap/{source['configMapRef']['name']}" in present
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes


def test_exactly_one_autoscaler_owns_the_stable_track(render: Render, overlay: str) -> None:
    manifests = render(overlay)
    scalers = of_kind(manifests, "HorizontalPodAutoscaler") + of_kind(manifests, "ScaledObject")
    targets = [found["spec"]["scaleTargetRef"]["name"] for found in scalers]
    assert targets == ([] if overlay == "local" else [NAME])


def test_tracks_run_the_same_image_in_a_fixed_version(render: Render, overlay: str) -> None:
    images = [
        container["image"]
        for deployment in tracks(render(overlay))
        for container in deployment["spec"]["template"]["spec"]["containers"]
    ]
    if overlay == "local":
        assert images == [f"{NAME}:local"]
        return
    matches = [match for match in map(RELEASED.fullmatch, images) if match]
    assert len(matches) == len(images), images
    assert {match["name"] for match in matches} == {NAME}


def test_routes_lead_to_services_and_share_all_traffic(render: Render, overlay: str) -> None:
    manifests = render(overlay)
    served = {track["metadata"]["name"] for track in tracks(manifests)}
    ports = {
        (service["metadata"]["name"], port["port"])
        for service in of_kind(manifests, "Service")
        for port in service["spec"]["ports"]
        if service["metadata"]["name"] in served
    }
    routes = of_kind(manifests, "HTTPRoute")
    assert len(routes) == (overlay in {"prod-canary", "prod-mirror"})
    for rule in (rule for route in routes for rule in route["spec"]["rules"]):
        mirrors = [entry["requestMirror"]["backendRef"] for entry in rule.get("filters", [])]
        assert {(ref["name"], ref["port"]) for ref in rule["backendRefs"] + mirrors} == ports
        weights = [reference.get("weight", 100) for reference in rule["backendRefs"]]
        assert sum(weights) == 100
        assert weights[0] > 50, "the stable track comes first and keeps most of the traffic"
