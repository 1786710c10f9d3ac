"""vLLM is started with the names that the CPU server has."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "vllm"
SCRIPT = runpy.run_path(str(FOLDER / "serve.py"))


def models(folder: Path, **aliases: str) -> Path:
    base = folder / "base" / "tiny"
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}")
    for version, rank in (("v1", 8), ("v2", 24)):
        (folder / "adapters" / version).mkdir(parents=True)
        (folder / "adapters" / version / "adapter_config.json").write_text(json.dumps({"r": rank}))
    if aliases:
        (folder / "adapters" / "aliases.json").write_text(json.dumps(aliases))
    return folder


def test_every_name_is_a_module(tmp_path: Path) -> None:
    folder = models(tmp_path, champion="v1", challenger="v2")
    command = SCRIPT["arguments"](folder, {"VLLM_EXTRA_ARGS": "--dtype half"})
    assert command[:3] == ["vllm", "serve", str(folder / "base" / "tiny")]
    start = command.index("--lora-modules") + 1
    modules = dict(entry.split("=") for entry in command[start : start + 5])
    assert modules.keys() == {"auto", "champion", "challenger", "v1", "v2"}
    assert modules["auto"] == modules["champion"] == str(folder / "adapters" / "v1")
    assert command[command.index("--max-lora-rank") + 1] == "32"
    assert command[command.index("--max-loras") + 1] == "5"
    assert command[-2:] == ["--dtype", "half"]


def test_without_adapters_the_base_is_served(tmp_path: Path) -> None:
    command = SCRIPT["arguments"](models(tmp_path), {"VLLM_MODEL": "org/name"})
    assert command[2] == "org/name"
    assert "--enable-lora" not in command


def test_dora_is_refused_before_the_weights_are_loaded(tmp_path: Path) -> None:
    folder = models(tmp_path, champion="v1")
    config = folder / "adapters" / "v1" / "adapter_config.json"
    config.write_text(json.dumps({"r": 8, "use_dora": True}))
    with pytest.raises(SystemExit, match="v1: vLLM serves no DoRA"):
        SCRIPT["arguments"](folder, {})


def test_several_bases_have_to_be_chosen_from(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="VLLM_MODEL"):
        SCRIPT["arguments"](tmp_path, {})


def test_the_script_runs_without_this_project(tmp_path: Path) -> None:
    code = f"import runpy; runpy.run_path({str(FOLDER / 'serve.py')!r})"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, cwd=tmp_path)


def test_compose_reserves_a_gpu_and_needs_a_key() -> None:
    [service] = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"].values()
    [device] = service["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert service["environment"]["VLLM_API_KEY"].startswith("${VLLM_API_KEY:?")


def test_one_release_is_pinned_everywhere() -> None:
    [service] = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"].values()
    dockerfile = (FOLDER / "Dockerfile").read_text()
    [release] = re.findall(r"^ARG VLLM_VERSION=(v\d+\.\d+\.\d+)$", dockerfile, re.MULTILINE)
    assert service["build"]["args"]["VLLM_VERSION"] == f"${{VLLM_VERSION:-{release}}}"
