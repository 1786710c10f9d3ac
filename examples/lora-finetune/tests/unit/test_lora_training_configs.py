"""The files for several processes, read by accelerate itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from accelerate.commands.config.config_args import load_config_from_file

FOLDER = Path("config/accelerate")
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_accelerate_reads_it_and_knows_every_key(name: str) -> None:
    config = load_config_from_file(str(FOLDER / name))  # an unknown key raises
    assert config.num_processes == 2
    assert config.num_machines == 1


def launched(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `accelerate launch` makes of a file, and the environment that its processes get."""
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import prepare_deepspeed_cmd_env, prepare_multi_gpu_env

    parser = launch_command_parser()
    program = ["-m", "text2json", "finetune"]
    args = parser.parse_args(["--config_file", str(FOLDER / name), *program])
    args, config, _ = _validate_launch_command(args)
    if args.use_deepspeed:
        args.deepspeed_fields_from_accelerate_config = ",".join(config.deepspeed_config)
        _, environment = prepare_deepspeed_cmd_env(args)
    else:
        environment = prepare_multi_gpu_env(args)
    for key in os.environ.keys() - environment.keys():
        monkeypatch.delenv(key)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    return args


def test_fsdp_divides_the_layers_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate.utils import FullyShardedDataParallelPlugin

    assert launched("fsdp.yaml", monkeypatch).use_fsdp
    plugin = FullyShardedDataParallelPlugin()
    assert plugin.fsdp_version == 2
    assert plugin.reshard_after_forward is True
    assert str(plugin.state_dict_type) == "StateDictType.SHARDED_STATE_DICT"


def test_deepspeed_divides_gradients_and_optimizer(monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate.utils import DeepSpeedPlugin

    assert launched("deepspeed.yaml", monkeypatch).use_deepspeed
    config = DeepSpeedPlugin().deepspeed_config
    assert config["zero_optimization"]["stage"] == 2
    assert config["gradient_accumulation_steps"] == 1


def test_the_other_is_data_parallel() -> None:
    assert load_config_from_file(str(FOLDER / "gpus.yaml")).distributed_type == "MULTI_GPU"
