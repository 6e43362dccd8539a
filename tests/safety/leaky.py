"""A scenario whose code would leave the machine if it could: a model build, a program, a function.

The tests run it by its path with the real command. Each counts what it reached, which must be nothing.
"""

import json
from collections.abc import Mapping
from typing import Any

from leaving_handler import AWS, handle, ways_out

from harness.endpoint.distributions import Constant as Always
from harness.scenario import (
    Constant,
    Endpoint,
    Function,
    Model,
    OpenModel,
    Payload,
    Program,
    Role,
    Scenario,
    allow,
    error_ratio,
    result,
)

# Credentials as real ones look; these are of AWS's documentation.
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def leave(context: Any) -> Mapping[str, Any]:
    """Try sockets, and boto3 with real-looking credentials, at AWS's endpoint and at the default one."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    def told(**where: Any) -> str:
        settings = Config(connect_timeout=1, retries={"total_max_attempts": 1})
        client = boto3.client(
            "sqs", aws_access_key_id=KEY, aws_secret_access_key=SECRET, config=settings, **where
        )
        try:
            client.list_queues()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return type(error).__name__
        return "answered"

    at_aws = told(endpoint_url=f"https://{AWS}")
    by_default = told()
    function = json.load(context.client("lambda").invoke(FunctionName="leaver")["Payload"])
    return {
        "ways": ways_out(),
        "at_aws": int(at_aws not in ("EndpointConnectionError", "ConnectTimeoutError")),
        "by_default": int(by_default != "InvalidClientTokenId"),
        "function": function["ways"],
    }


def build(context: Any) -> bytes:
    """Return a model that adds what it is given, trained on nothing; try to leave meanwhile."""
    import numpy as np
    from onnx import TensorProto, helper

    from harness.inference import pack

    if ways_out():
        raise RuntimeError("the build of a model got out")
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, 3])
    sums = helper.make_tensor_value_info("sums", TensorProto.FLOAT, [None, 1])
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], np.array([1]))
    node = helper.make_node("ReduceSum", ["rows", "axes"], ["sums"], keepdims=1)
    graph = helper.make_graph([node], "adds", [rows], [sums], [axes])
    opset = helper.make_opsetid("", 13)
    return pack(helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString(), {})


ADDER = Endpoint("adder", Model("adds", build=build, role=Role("adds-role")), service_time_s=0.05)
LEAVER = Function("leaver", handle, Role("leaver-role", "lambda.amazonaws.com"), timeout_s=5)
CALLER = Role(
    "caller", statements=(allow("lambda:InvokeFunction", on=LEAVER), allow("sqs:ListQueues", on="*"))
)

scenario = Scenario(
    name="leaky",
    description="What runs here tries to leave the machine.",
    resources=[ADDER, LEAVER],
    workload=[OpenModel(ADDER, Constant(1.0, 10), client="lean", payload=Payload("rows", ["1,2,3"]))],
    programs=[Program("leave", leave, role=CALLER)],
    expectations=[
        error_ratio(ADDER).at_most(0.0),
        result("leave", "ways").equals(0, "sockets reach nothing"),
        result("leave", "at_aws").equals(0, "AWS itself is not reached"),
        result("leave", "by_default").equals(0, "the gateway answers, and does not know the key"),
        result("leave", "function").equals(0, "nor does a function reach anything"),
    ],
    clock="compressed:60",
    settings={"launch_time": Always(20.0), "settle_s": 1.0, "delete_s": 1.0},
)
