"""Starts vLLM with the adapters that `aliases.json` names, under the names that the CPU server has.

Runs in vLLM's own image, which has nothing of this project: standard library only.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

MODELS = Path("/models")


def arguments(models: Path, environment: dict[str, str]) -> list[str]:
    """The command line of vLLM.

    Args:
        models: folder with `adapters/`, and with `base/` unless VLLM_MODEL names another model.
        environment: VLLM_MODEL (a folder or hub id) and VLLM_EXTRA_ARGS (further arguments).

    Raises:
        SystemExit: there is no base model or several to choose from, or an adapter is of a kind
            that vLLM does not serve.
    """
    command = ["vllm", "serve", environment.get("VLLM_MODEL") or str(only_base(models / "base"))]
    command += ["--served-model-name", "base", "--host", "0.0.0.0", "--port", "8000"]  # noqa: S104
    modules, rank = lora_modules(models / "adapters")
    if modules:
        command += ["--enable-lora", "--max-lora-rank", str(rank)]
        command += ["--max-loras", str(len(modules))]  # every name is an adapter to vLLM
        command += ["--lora-modules", *(f"{name}={path}" for name, path in modules.items())]
    return command + environment.get("VLLM_EXTRA_ARGS", "").split()


def only_base(folder: Path) -> Path:
    """The one model below a folder."""
    found = sorted(path.parent for path in folder.glob("*/config.json"))
    if len(found) != 1:
        raise SystemExit(f"{folder}: {len(found)} models; set VLLM_MODEL")
    return found[0]


def lora_modules(folder: Path) -> tuple[dict[str, Path], int]:
    """Folders of the adapters by every name that they have, and the rank that vLLM must allow."""
    try:
        aliases: dict[str, str] = json.loads((folder / "aliases.json").read_bytes())
    except FileNotFoundError:
        return {}, 0
    names = aliases | {version: version for version in aliases.values()}
    if "champion" in aliases:
        names["auto"] = aliases["champion"]  # vLLM does not split callers: a gateway has to
    ranks = [rank_of(folder / version) for version in set(names.values())]
    # vLLM allows only these
    allowed = next(rank for rank in (8, 16, 32, 64, 128, 256, 320, 512) if rank >= max(ranks))
    return {name: folder / version for name, version in sorted(names.items())}, allowed


def rank_of(adapter: Path) -> int:
    """The rank of an adapter."""
    config = json.loads((adapter / "adapter_config.json").read_bytes())
    if config.get("use_dora"):
        raise SystemExit(f"{adapter.name}: vLLM serves no DoRA; merge it, and serve the result")
    rank: int = config["r"]
    return rank


if __name__ == "__main__":
    wanted = arguments(MODELS, dict(os.environ))
    sys.stdout.write(" ".join(wanted) + "\n")
    sys.stdout.flush()
    os.execvp(wanted[0], wanted)  # noqa: S606 (vLLM itself gets the signals)
