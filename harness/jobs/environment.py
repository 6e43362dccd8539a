"""What a program in a training container finds: the files of its configuration, and its variables.

The files: SageMaker developer guide, "Provide Training Information" (hyperparameters, input data and
distributed training configuration). The variables: sagemaker-training-toolkit, environment.py and
ENVIRONMENT_VARIABLES.md, which AWS's framework images run.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.jobs.channels import Channel
from harness.jobs.hyperparameters import PROGRAM, SUBMIT_DIRECTORY, as_arguments, decoded, split, text_of
from harness.jobs.layout import Layout

GROUP = "homogeneousCluster"
LOG_LEVEL_INFO = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One instance among those of its job. `interface` is the network interface that the others are on."""

    host: str
    hosts: Sequence[str]
    instance_type: str
    cpus: int
    gpus: int = 0
    interface: str = "eth0"
    layout: Layout = field(default_factory=Layout)


def resource_config(place: Place) -> dict[str, Any]:
    """Return resourceconfig.json of an instance."""
    group = {
        "instance_group_name": GROUP,
        "instance_type": place.instance_type,
        "hosts": list(place.hosts),
    }
    return {
        "current_host": place.host,
        "current_instance_type": place.instance_type,
        "current_group_name": GROUP,
        "hosts": list(place.hosts),
        "instance_groups": [group],
        "network_interface_name": place.interface,
    }


def input_data_config(channels: Sequence[Channel]) -> dict[str, dict[str, str]]:
    """Return inputdataconfig.json."""
    return {channel.name: channel.described() for channel in channels}


def script_variables(
    place: Place, channels: Sequence[Channel], hyperparameters: Mapping[str, str]
) -> dict[str, str]:
    """Return the SM_ variables of a program in script mode; what is no text in them is JSON."""
    own, platform = split(decoded(hyperparameters))
    program = str(platform.get(PROGRAM, ""))
    values: dict[str, Any] = {
        **_of_place(place),
        **_of_folders(place.layout, channels),
        "SM_HPS": own,
        "SM_USER_ARGS": as_arguments(own),
        "SM_FRAMEWORK_PARAMS": _framework(platform),
        "SM_RESOURCE_CONFIG": resource_config(place),
        "SM_INPUT_DATA_CONFIG": input_data_config(channels),
        "SM_USER_ENTRY_POINT": program,
        "SM_MODULE_NAME": program.removesuffix(".py"),
        "SM_MODULE_DIR": str(platform.get(SUBMIT_DIRECTORY, place.layout.code)),
        "SM_LOG_LEVEL": platform.get("sagemaker_container_log_level", LOG_LEVEL_INFO),
        **{f"SM_HP_{name.upper()}": value for name, value in own.items()},
    }
    values["SM_TRAINING_ENV"] = _training_env(values)
    return {name: _text(value) for name, value in values.items()}


def _of_place(place: Place) -> dict[str, Any]:
    config = resource_config(place)
    return {
        "SM_HOSTS": list(place.hosts),
        "SM_CURRENT_HOST": place.host,
        "SM_CURRENT_INSTANCE_TYPE": place.instance_type,
        "SM_CURRENT_INSTANCE_GROUP": GROUP,
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": list(place.hosts),
        "SM_INSTANCE_GROUPS": [GROUP],
        "SM_INSTANCE_GROUPS_DICT": {GROUP: config["instance_groups"][0]},
        "SM_DISTRIBUTION_INSTANCE_GROUPS": [],
        "SM_IS_HETERO": False,
        "SM_NETWORK_INTERFACE_NAME": place.interface,
        "SM_NUM_CPUS": place.cpus,
        "SM_NUM_GPUS": place.gpus,
        "SM_NUM_NEURONS": 0,
    }


def _of_folders(layout: Layout, channels: Sequence[Channel]) -> dict[str, Any]:
    return {
        "SM_INPUT_DIR": layout.input,
        "SM_INPUT_CONFIG_DIR": layout.config,
        "SM_OUTPUT_DIR": layout.output,
        "SM_OUTPUT_DATA_DIR": layout.output_data,
        "SM_OUTPUT_INTERMEDIATE_DIR": layout.intermediate,
        "SM_MODEL_DIR": layout.model,
        "SM_CHANNELS": sorted(channel.name for channel in channels),
        **{f"SM_CHANNEL_{channel.name.upper()}": layout.channel(channel.name) for channel in channels},
    }


def _framework(platform: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is neither the program's nor one of the toolkit's own parameters."""
    known = {
        PROGRAM,
        SUBMIT_DIRECTORY,
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "sagemaker_region",
        "sagemaker_s3_output",
    }
    return {name: value for name, value in platform.items() if name not in known}


def _training_env(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return SM_TRAINING_ENV: the same again in one mapping, under the toolkit's own names."""
    names = {"hps": "hyperparameters", "framework_params": "additional_framework_parameters"}
    left_out = ("SM_HP_", "SM_CHANNEL_", "SM_USER_ARGS")
    found = {
        short if (short := name.removeprefix("SM_").lower()) not in names else names[short]: value
        for name, value in values.items()
        if not name.startswith(left_out)
    }
    channels = {name: value for name, value in values.items() if name.startswith("SM_CHANNEL_")}
    found["channel_input_dirs"] = {
        name.removeprefix("SM_CHANNEL_").lower(): folder for name, folder in channels.items()
    }
    first = values["SM_HOSTS"][0]
    return found | {"master_hostname": first, "is_master": values["SM_CURRENT_HOST"] == first}


def _text(value: Any) -> str:
    if isinstance(value, bool | list | dict):
        return json.dumps(value, separators=(",", ":"))
    return text_of(value)
