"""Writes the dashboards as the JSON files that Grafana is provisioned with."""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from text2json.monitoring import boards

FOLDER = Path("monitoring") / "grafana" / "dashboards"


def build() -> dict[str, str]:
    """Build every module of `boards`: file name to JSON text."""
    return {
        f"{module.name}.json": _to_json(module.name)
        for module in sorted(pkgutil.iter_modules(boards.__path__), key=lambda found: found.name)
    }


def _to_json(name: str) -> str:
    module = importlib.import_module(f"{boards.__name__}.{name}")
    built = module.dashboard().build()
    for position, panel in enumerate(built.panels, start=1):
        panel.id_val = position  # Grafana would number them itself, and the files would differ
    return json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def stale(root: Path = Path()) -> list[Path]:
    """Files below `root` that differ from what `build` gives, are missing, or belong to no module."""
    folder = root / FOLDER
    built = build()
    changed = [folder / name for name, text in built.items() if not _is(folder / name, text)]
    return changed + [path for path in sorted(folder.glob("*.json")) if path.name not in built]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def write(root: Path = Path()) -> list[Path]:
    """Make the folder hold exactly what `build` gives; returns the files that changed."""
    changed = stale(root)
    built = build()
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    for path in changed:
        if path.name in built:
            path.write_text(built[path.name], encoding="utf-8")
        else:
            path.unlink()
    return changed
