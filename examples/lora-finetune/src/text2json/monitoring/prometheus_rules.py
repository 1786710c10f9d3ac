"""The alert rules as manifests of the Prometheus Operator.

`monitoring/prometheus/rules` is the source; the manifests in `deploy/kubernetes` are written from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

RULES = Path("monitoring") / "prometheus" / "rules"
FOLDER = Path("deploy") / "kubernetes" / "components" / "monitoring"
NAME = "text2json"


class _Dumper(yaml.SafeDumper):
    """Writes PromQL over several lines as it stands in the source."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def build(root: Path = Path()) -> dict[Path, str]:
    """The manifest of every rule file: path to YAML."""
    sources = sorted((root / RULES).glob("*.yml"))
    return {root / FOLDER / f"rules-{source.stem}.yaml": _manifest(source) for source in sources}


def _manifest(source: Path) -> str:
    manifest: dict[str, Any] = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": f"{NAME}-{source.stem}",
            "namespace": NAME,
            "labels": {"app.kubernetes.io/part-of": NAME},
        },
        "spec": yaml.safe_load(source.read_text(encoding="utf-8")),
    }
    text = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return f"# Written by `make k8s-rules` from {RULES / source.name}\n{text}"


def stale(root: Path = Path()) -> list[Path]:
    """Manifests that are missing or differ from their source."""
    return [
        path
        for path, text in build(root).items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def write(root: Path = Path()) -> list[Path]:
    """Write what is stale; returns the files that changed."""
    built = build(root)
    changed = stale(root)
    for path in changed:
        path.write_text(built[path], encoding="utf-8")
    return changed
