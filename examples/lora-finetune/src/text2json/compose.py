"""Reads from `compose.yaml` how the service's container is restricted and what is mounted in it.

compose.yaml is where this is written down; `make image-run`, the tests of the image and the measurement
of it run the container with the same options.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = "text2json"


def api(root: Path = Path()) -> dict[str, Any]:
    """Return the service `api` of the project at `root`, laid over the service that it extends.

    Raises:
        OSError: a file is missing.
    """
    service: dict[str, Any] = _services(root / "compose.yaml")["api"]
    extended = service.pop("extends", None)
    if extended is None:
        return service
    lower: dict[str, Any] = _services(root / extended["file"])[extended["service"]]
    return _over(lower, service)


def options(root: Path = Path(), *, keep: bool = False) -> list[str]:
    """Return options of `docker run` for the restrictions, limits and mounts of the service.

    Args:
        root: folder of the project.
        keep: mount the volumes that compose uses, else new ones that go away with the container.
    """
    service = api(root)
    limits = service["deploy"]["resources"]["limits"]
    return [
        *(["--read-only"] if service["read_only"] else []),
        *(f"--tmpfs={mount}" for mount in service["tmpfs"]),
        f"--user={service['user']}",
        *(f"--cap-drop={name}" for name in service["cap_drop"]),
        *(f"--security-opt={option}" for option in service["security_opt"]),
        f"--pids-limit={limits['pids']}",
        f"--memory={limits['memory'].lower()}",
        f"--cpus={limits['cpus']}",
        *(_mount(entry, root, keep=keep) for entry in service.get("volumes", [])),
    ]


def _mount(entry: str, root: Path, *, keep: bool) -> str:
    """A volume in the short form `source:target` or `source:target:ro`, as an option."""
    source, target = entry.split(":", 1)
    if source.startswith("."):
        return f"--volume={(root / source).resolve()}:{target}"
    # Compose puts the name of the project before those of its volumes
    return f"--volume={PROJECT}_{source}:{target}" if keep else f"--volume={target}"


def _services(path: Path) -> dict[str, Any]:
    import yaml

    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    services: dict[str, Any] = document["services"]
    return services


def _over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """What compose makes of an extended service: mappings united, lists joined, else the upper."""
    merged = {**lower, **upper}
    for key in lower.keys() & upper.keys():
        below, above = lower[key], upper[key]
        if isinstance(below, dict) and isinstance(above, dict):
            merged[key] = _over(below, above)
        elif isinstance(below, list) and isinstance(above, list):
            merged[key] = [*below, *above]
    return merged
