"""Reads and renders the manifests in deploy/kubernetes, and says what a pod may do too much."""

import functools
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

ROOT = Path(__file__).parents[2] / "deploy" / "kubernetes"
OVERLAYS = tuple(sorted(path.name for path in (ROOT / "overlays").iterdir()))
# Oldest and newest release that the manifests promise to work on
VERSIONS = ("1.32", "1.36")
BUILT_IN = ("v1", "apps/v1", "autoscaling/v2", "batch/v1", "networking.k8s.io/v1", "policy/v1")

Manifest = dict[str, Any]


def documents(path: Path) -> list[Manifest]:
    """Parse one file that may hold several YAML documents."""
    with path.open(encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]


def patches(kustomization: Manifest) -> list[str]:
    """Files that a kustomization lays over its resources."""
    return [patch["path"] for patch in kustomization.get("patches", []) if "path" in patch]


def manifest_files(folder: Path = ROOT) -> list[Path]:
    """Every whole manifest below `folder`: no kustomizations, their patches, or values of a chart."""
    paths = set(folder.rglob("*.yaml"))
    for kustomization in folder.rglob("kustomization.yaml"):
        [found] = documents(kustomization)
        paths -= {kustomization.parent / patch for patch in patches(found)}
    return sorted(path for path in paths if path.name not in {"kustomization.yaml", "values.yaml"})


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    """Select the manifests of one kind."""
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def name(manifest: Manifest) -> str:
    """Return kind and name, for messages and as an identity inside one namespace."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def schema_errors(manifest: Manifest) -> list[str]:
    """Validate a built-in kind strictly (no unknown fields) against all of `VERSIONS`."""
    errors = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            place = "/".join(str(part) for part in error.path)
            errors.append(f"{name(manifest)} ({version}): {place}: {error.message}")
    return errors


def excess(pod: Manifest) -> list[str]:
    """List what a pod template may do beyond the restricted profile, and what it lacks."""
    spec = pod["spec"]
    shared = spec.get("securityContext", {})
    found = [f"{key} is set" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    if spec.get("automountServiceAccountToken") is not False:
        found.append("gets a token of the API server")
    if shared.get("runAsNonRoot") is not True or shared.get("runAsUser", 0) == 0:
        found.append("may run as root")
    if shared.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        found.append("has no seccomp profile")
    volumes = [volume for volume in spec.get("volumes", []) if "hostPath" in volume]
    found += [f"mounts the host's {volume['hostPath']['path']}" for volume in volumes]
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        found += [f"{container['name']} {problem}" for problem in _excess(container)]
    return found


def _excess(container: Manifest) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if context.get("privileged"):
        yield "is privileged"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "may write to its image"
    capabilities = context.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
        yield "has capabilities"
    resources = container.get("resources", {})
    for part in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            if resource not in resources.get(part, {}):
                yield f"has no {resource} in {part}"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        if probe not in container:
            yield f"has no {probe}"


def renderer() -> list[str] | None:
    """Return the command that renders a kustomization, None where there is none."""
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    return None


@functools.cache
def _rendered(overlay: str) -> str:
    command = renderer()
    assert command is not None
    done = subprocess.run(
        [*command, str(ROOT / "overlays" / overlay)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def render() -> Callable[[str], list[Manifest]]:
    """Render an overlay by name; skips where neither kubectl nor kustomize is installed."""
    if renderer() is None:
        pytest.skip("neither kubectl nor kustomize is on the PATH")
    return lambda overlay: list(yaml.safe_load_all(_rendered(overlay)))
