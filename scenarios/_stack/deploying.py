"""Programs that deploy the stack, use it, update it while it serves, and delete it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.scenario import Bucket
from scenarios._stack.there import (
    ENDPOINT,
    NAME,
    RAW,
    SENSORS,
    Clients,
    clients_of,
    configs,
    scalable_targets,
    suspend_scale_in,
    there,
)

if TYPE_CHECKING:
    from harness.program import Context

TEMPLATE = Path(__file__).with_name("turbofan.yaml")
ARTEFACTS = Bucket(f"{NAME}-artefacts")
KEY = "turbofan-rul/model.tar.gz"
RECORDS = 5
# One cycle's settings: what the model predicts from is their sum.
ROW, PREDICTED = "1.0,2.0,3.0", 6.0
BETWEEN_LOOKS_S = 10.0  # of model time
LOOKS = 100  # at most


def deploy(context: "Context") -> Mapping[str, Any]:
    """Put the artefact in its bucket, make the stack, look for what it declares, and use it."""
    clients = clients_of(context)
    clients("s3").put_object(Bucket=ARTEFACTS.name, Key=KEY, Body=_artefact())
    client = clients("cloudformation")
    client.create_stack(
        StackName=NAME,
        TemplateBody=TEMPLATE.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=_parameters(ArtefactUrl=f"s3://{ARTEFACTS.name}/{KEY}"),
        Tags=[{"Key": "pipeline", "Value": "turbofan"}],
    )
    status = _settled(context, client)
    found = there(clients)
    return {
        "created": int(status == "CREATE_COMPLETE"),
        "status": status,
        "there": len(found),
        "predicted": _predicted(clients),
        "delivered": _delivered(context, clients),
    }


def change_type(context: "Context") -> Mapping[str, Any]:
    """Ask for another instance type while the variant is scaled, which SageMaker refuses.

    SageMaker developer guide, "Update endpoints that use automatic scaling": the variant is to be
    deregistered first.
    """
    clients = clients_of(context)
    client, before = clients("cloudformation"), configs(clients)
    client.update_stack(
        StackName=NAME,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[*_parameters(InstanceType="ml.m5.xlarge"), *_as_before("ArtefactUrl")],
    )
    status = _settled(context, client)
    return {
        "rolled_back": int(status == "UPDATE_ROLLBACK_COMPLETE"),
        "status": status,
        "new_configurations": len(set(configs(clients)) - set(before)),
        "predicted": _predicted(clients),
    }


def update(context: "Context") -> Mapping[str, Any]:
    """Make the endpoint highly available by a change set, and call it all the while.

    Meanwhile nothing scales in: the stack makes the third instance before it raises the minimum, and a quiet
    endpoint would lose it again in between.
    """
    clients = clients_of(context)
    client = clients("cloudformation")
    name = "highly-available"
    client.create_change_set(
        StackName=NAME,
        ChangeSetName=name,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[*_parameters(MinCapacity="3"), *_as_before("ArtefactUrl")],
    )
    told = client.describe_change_set(StackName=NAME, ChangeSetName=name)["Changes"]
    changes = [one["ResourceChange"] for one in told]
    before = configs(clients)
    suspend_scale_in(clients, suspended=True)
    client.execute_change_set(StackName=NAME, ChangeSetName=name)
    answers: list[float] = []
    status = _settled(context, client, lambda: answers.append(_predicted(clients)))
    suspend_scale_in(clients, suspended=False)
    return {
        "updated": int(status == "UPDATE_COMPLETE"),
        "status": status,
        "replaced": sum(change.get("Replacement") == "True" for change in changes),
        "added": sum(change["Action"] == "Add" for change in changes),
        "old_configurations": len(set(before) & set(configs(clients))),
        "instances": _instances(context, clients, 3),
        "least": scalable_targets(clients)[0]["MinCapacity"],
        "wrong_answers": sum(answer != PREDICTED for answer in answers),
        "calls": len(answers),
    }


def remove(context: "Context") -> Mapping[str, Any]:
    """Delete the stack: refused while the raw bucket holds data, done once it is empty."""
    clients = clients_of(context)
    client, s3 = clients("cloudformation"), clients("s3")
    client.delete_stack(StackName=NAME)
    first = _settled(context, client)
    kept = [
        one["LogicalResourceId"]
        for one in client.list_stack_resources(StackName=NAME)["StackResourceSummaries"]
        if one["ResourceStatus"] == "DELETE_FAILED"
    ]
    for each in s3.list_objects_v2(Bucket=RAW).get("Contents", []):
        s3.delete_object(Bucket=RAW, Key=each["Key"])
    identity = client.describe_stacks(StackName=NAME)["Stacks"][0]["StackId"]
    client.delete_stack(StackName=NAME)
    status = _settled(context, client, name=identity)
    left = there(clients)
    print(json.dumps(left), flush=True)
    return {
        "kept_its_data": int(first == "DELETE_FAILED" and kept == ["Raw"]),
        "deleted": int(status == "DELETE_COMPLETE"),
        "status": status,
        "left": len(left),
    }


def _parameters(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def _as_before(*names: str) -> list[dict[str, Any]]:
    return [{"ParameterKey": name, "UsePreviousValue": True} for name in names]


def _settled(
    context: "Context", client: Any, meanwhile: Callable[[], None] = lambda: None, name: str = NAME
) -> str:
    """Return the stack's status once nothing is under way with it."""
    while True:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
        status = str(stack["StackStatus"])
        if not status.endswith("_IN_PROGRESS"):
            print(status, stack.get("StackStatusReason", ""), flush=True)
            return status
        meanwhile()
        context.wait_model_s(BETWEEN_LOOKS_S)


def _predicted(clients: Clients) -> float:
    answer = clients("sagemaker-runtime").invoke_endpoint(
        EndpointName=ENDPOINT, ContentType="text/csv", Body=ROW.encode()
    )
    return float(answer["Body"].read())


def _instances(context: "Context", clients: Clients, wanted: int) -> int:
    """Return how many instances serve, once they are *wanted*: a new minimum starts them later."""
    for _ in range(LOOKS):
        described = clients("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
        found = int(described["ProductionVariants"][0]["CurrentInstanceCount"])
        if found == wanted:
            break
        context.wait_model_s(BETWEEN_LOOKS_S)
    return found


def _delivered(context: "Context", clients: Clients) -> int:
    """Send readings to the stream; return how many objects came of them."""
    firehose, s3 = clients("firehose"), clients("s3")
    for cycle in range(RECORDS):
        firehose.put_record(DeliveryStreamName=SENSORS, Record={"Data": f"1,{cycle},{ROW}\n".encode()})
    for _ in range(LOOKS):
        found = s3.list_objects_v2(Bucket=RAW, Prefix="sensors/").get("KeyCount", 0)
        if found:
            return int(found)
        context.wait_model_s(BETWEEN_LOOKS_S)
    return 0


def _artefact() -> bytes:
    """Return a model.tar.gz that predicts the sum of a row."""
    from onnx import TensorProto, helper

    from harness.inference import pack

    weights = helper.make_tensor("weights", TensorProto.FLOAT, [3, 1], [1.0, 1.0, 1.0])
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["rows", "weights"], ["life"])],
        "remaining-life",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor_value_info("life", TensorProto.FLOAT, ["n", 1])],
        [weights],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return pack(made.SerializeToString(), {"name": ENDPOINT, "features": 3})
