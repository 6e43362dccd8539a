"""What runs in a job's container, and with which variables."""

import json

from harness.jobs.channels import Channel
from harness.jobs.environment import Place, input_data_config, resource_config, script_variables
from harness.jobs.layout import Layout
from harness.jobs.program import Code, Program, chosen

HERE = Layout()
SCRIPT = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://b/c.tar.gz"', "lr": "0.5"}
NO_FILES: frozenset[str] = frozenset()


def test_an_entry_point_comes_before_all_else() -> None:
    """ContainerEntrypoint and ContainerArguments, below the root of the container."""
    found = chosen(Code("/code"), SCRIPT, ["python3", "/opt/ml/code/a.py"], ["--x"], NO_FILES, Layout("/r"))
    assert found == Program(("python3", "/r/code/a.py", "--x"), "/code")
    assert chosen(None, {}, ["ls"], [], NO_FILES, HERE) == Program(("ls",))


def test_script_mode_runs_what_was_sent() -> None:
    """The program of the archive, with the hyperparameters as arguments; the image does not matter."""
    found = chosen(None, SCRIPT, [], [], NO_FILES, HERE)
    assert found == Program(("python", "train.py", "--lr", "0.5"), "/opt/ml/code", "s3://b/c.tar.gz")
    shell = chosen(None, SCRIPT | {"sagemaker_program": "run.sh"}, [], [], NO_FILES, HERE)
    assert shell is not None
    assert shell.command == ("/bin/sh", "./run.sh", "--lr", "0.5")


def test_an_image_brings_its_own_program() -> None:
    """A function, a program `train`, `train.py`, or the one that sagemaker_program names."""
    assert chosen(Code("/r", "m:f"), {}, [], [], NO_FILES, HERE) == Program(function="m:f", folder="/r")
    trains = chosen(Code("/c"), {}, [], [], frozenset({"train", "train.py"}), HERE)
    assert trains == Program(("/c/train", "train"), "/c")
    other = chosen(Code("/c"), {}, [], ["serve"], frozenset({"train"}), HERE)
    assert other == Program(("/c/train", "serve"), "/c")
    python = chosen(Code("/c"), {"a": "1"}, [], [], frozenset({"train.py"}), HERE)
    assert python == Program(("python", "train.py", "-a", "1"), "/c")
    named = chosen(Code("/c"), {"sagemaker_program": "fit.py"}, [], [], NO_FILES, HERE)
    assert named == Program(("python", "fit.py"), "/c")


def test_an_image_without_code_runs_nothing() -> None:
    """Neither an unknown image nor an empty folder says what runs."""
    assert chosen(None, {}, [], [], NO_FILES, HERE) is None
    assert chosen(Code("/c"), {}, [], [], NO_FILES, HERE) is None


def test_spans_are_given_by_the_number_of_instances() -> None:
    """The key 0 is for any number."""
    code = Code("/c", seconds=((1, 60.0), (0, 20.0)))
    assert [code.seconds_on(count) for count in (1, 3)] == [60.0, 20.0]
    assert Code("/c").seconds_on(1) is None


# sagemaker-training-toolkit, ENVIRONMENT_VARIABLES.md: what there is for every program.
_NAMES = """
CHANNELS CURRENT_HOST CURRENT_INSTANCE_GROUP CURRENT_INSTANCE_GROUP_HOSTS CURRENT_INSTANCE_TYPE
DISTRIBUTION_INSTANCE_GROUPS FRAMEWORK_PARAMS HOSTS HPS INPUT_CONFIG_DIR INPUT_DATA_CONFIG INPUT_DIR
INSTANCE_GROUPS INSTANCE_GROUPS_DICT IS_HETERO LOG_LEVEL MODEL_DIR MODULE_DIR MODULE_NAME
NETWORK_INTERFACE_NAME NUM_CPUS NUM_GPUS NUM_NEURONS OUTPUT_DATA_DIR OUTPUT_DIR OUTPUT_INTERMEDIATE_DIR
RESOURCE_CONFIG TRAINING_ENV USER_ARGS USER_ENTRY_POINT
"""
VARIABLES = {f"SM_{name}" for name in _NAMES.split()}


def place() -> Place:
    return Place(host="algo-2", hosts=["algo-1", "algo-2"], instance_type="ml.m5.large", cpus=2)


def test_a_program_finds_its_configuration() -> None:
    """resourceconfig.json and inputdataconfig.json as the guide shows them."""
    told = resource_config(place())
    assert (told["current_host"], told["hosts"]) == ("algo-2", ["algo-1", "algo-2"])
    assert told["instance_groups"][0]["hosts"] == ["algo-1", "algo-2"]
    assert input_data_config([Channel("train", "s3://b/k")])["train"]["TrainingInputMode"] == "File"


def test_a_program_finds_the_variables_of_the_toolkit() -> None:
    """SM_ variables: text as it is, the rest as JSON."""
    given = {**SCRIPT, "sagemaker_region": '"us-east-1"', "sagemaker_mpi": "true", "deep": "false"}
    found = script_variables(place(), [Channel("train", "s3://b/k")], given)
    assert found["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert json.loads(found["SM_HOSTS"]) == ["algo-1", "algo-2"]
    assert (found["SM_MODEL_DIR"], found["SM_NUM_CPUS"]) == ("/opt/ml/model", "2")
    assert (found["SM_HP_LR"], found["SM_HP_DEEP"]) == ("0.5", "false")
    assert json.loads(found["SM_HPS"]) == {"lr": 0.5, "deep": False}
    assert (found["SM_USER_ENTRY_POINT"], found["SM_MODULE_NAME"]) == ("train.py", "train")
    assert json.loads(found["SM_FRAMEWORK_PARAMS"]) == {"sagemaker_mpi": True}
    assert json.loads(found["SM_USER_ARGS"]) == ["--deep", "False", "--lr", "0.5"]
    own = {"SM_HP_LR", "SM_HP_DEEP", "SM_CHANNEL_TRAIN"}
    assert set(found) - own == VARIABLES
    every = json.loads(found["SM_TRAINING_ENV"])
    assert every["channel_input_dirs"] == {"train": "/opt/ml/input/data/train"}
    assert (every["is_master"], every["master_hostname"]) == (False, "algo-1")
    assert every["hyperparameters"]["lr"] == 0.5
