"""A copy of the real alert rules that does not make a spectator wait for 15 minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

RULES = Path("monitoring") / "prometheus" / "rules" / "drift.yml"
FOR_SECONDS = 5
LABEL = """\
# DEMONSTRATION COPY, derived from monitoring/prometheus/rules/drift.yml.
# Expressions are the real ones; every `for:` was shortened to {seconds} s.
"""


def shortened(source: Path = RULES) -> str:
    """The rules of ``source`` with every `for:` shortened to `FOR_SECONDS`, as YAML."""
    document: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    for group in document["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = f"{FOR_SECONDS}s"
    return LABEL.format(seconds=FOR_SECONDS) + yaml.safe_dump(document, sort_keys=False)


def prometheus_config(service_port: int) -> str:
    """A configuration that looks once a second at a service on this machine, as YAML."""
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {
                    "job_name": "my-project",
                    "static_configs": [{"targets": [f"127.0.0.1:{service_port}"]}],
                }
            ],
        },
        sort_keys=False,
    )
