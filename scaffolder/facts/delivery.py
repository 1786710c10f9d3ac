"""How a repository is checked and shipped: continuous integration, containers, Kubernetes."""

from __future__ import annotations

from dataclasses import dataclass

from scaffolder.facts.repository import Repository

_COMPOSE = r"(?:.*/)?(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml"


@dataclass(frozen=True)
class Delivery:
    """Paths, nearest to the root first.

    Attributes:
        ci: providers: github, gitlab.
        kubernetes: folders with kustomizations, charts or manifests.
    """

    ci: tuple[str, ...]
    workflows: tuple[str, ...]
    dockerfiles: tuple[str, ...]
    compose: tuple[str, ...]
    kubernetes: tuple[str, ...]


def find(repository: Repository) -> Delivery:
    """Look at names first, and into YAML files that lie where manifests usually do."""
    workflows = repository.matching(r"\.github/workflows/[^/]+\.ya?ml")
    gitlab = ".gitlab-ci.yml" in repository or bool((repository.root / ".gitlab-ci.yml").is_file())
    return Delivery(
        ci=tuple(name for name, found in (("github", bool(workflows)), ("gitlab", gitlab)) if found),
        workflows=tuple(workflows),
        dockerfiles=_near(repository.matching(r"(?:.*/)?Dockerfile(?:\.[\w-]+)?")),
        compose=_near(repository.matching(_COMPOSE)),
        kubernetes=_kubernetes(repository),
    )


def _kubernetes(repository: Repository) -> tuple[str, ...]:
    named = repository.matching(r"(?:.*/)?(?:kustomization\.ya?ml|Chart\.ya?ml)")
    manifests = [
        path
        for path in repository.matching(r"(?:.*/)?(?:k8s|kubernetes|manifests|deploy|deployment)/(?:.*/)?[^/]+\.ya?ml")
        if "\napiVersion:" in f"\n{repository.text(path)}"
    ]
    return _near(sorted({path.rpartition("/")[0] or "." for path in (*named, *manifests)}))


def _near(paths: list[str]) -> tuple[str, ...]:
    return tuple(sorted(paths, key=lambda path: (path.count("/"), path)))
