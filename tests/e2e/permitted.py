"""A scenario that takes seconds: a role sends messages and calls an endpoint, and tries what it may not.

The tests run it by its path with the real command; where PERMITTED=queue is in the environment, without the
endpoint.
"""

import os
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError
from tiny import ECHO, QUICK, ROWS

from harness.scenario import (
    Constant,
    OpenModel,
    Program,
    Queue,
    Role,
    Scenario,
    allow,
    denied,
    error_ratio,
    grants_only_what_it_uses,
    result,
)

QUEUE = Queue("orders")
MAY_SEND, MAY_CALL = allow("sqs:SendMessage", on=QUEUE), allow("sagemaker:InvokeEndpoint", on=ECHO)
SENDER = Role("sender", "ecs-tasks.amazonaws.com", (MAY_SEND, MAY_CALL))


def send_and_look(context: Any) -> dict[str, int]:
    """Send a message, which the role may, and look for it, which it may not."""
    sqs, url = context.client("sqs"), context.queue_url(QUEUE)
    sqs.send_message(QueueUrl=url, MessageBody='{"id": "1"}')
    try:
        sqs.receive_message(QueueUrl=url)
    except ClientError as error:
        return {"sent": 1, "refused": int(error.response["Error"]["Code"] == "AccessDenied")}
    return {"sent": 1, "refused": 0}


EXPECTATIONS = [
    result("sender", "refused").equals(1, "refused where policies are enforced"),
    denied(SENDER, "sqs:ReceiveMessage", QUEUE).equals(1, "noted where they are looked at"),
    grants_only_what_it_uses(SENDER),
]
PROGRAM = Program("sender", send_and_look, role=SENDER)
whole = Scenario(
    name="permitted",
    description="A role does what it may and tries what it may not.",
    resources=[ECHO, QUEUE],
    programs=[PROGRAM],
    workload=[
        OpenModel(ECHO, Constant(0.5, 60.0), client="lean", payload=ROWS, as_role=SENDER, name="lean"),
        OpenModel(ECHO, Constant(0.5, 60.0), client="boto3", payload=ROWS, as_role=SENDER, name="boto3"),
    ],
    expectations=[
        *EXPECTATIONS,
        denied(SENDER, "sagemaker:InvokeEndpoint", ECHO).equals(0, "the load is signed by the role"),
        error_ratio(ECHO).at_most(0.0, "the role may"),
    ],
    settings=QUICK,
    clock="compressed:60",
)
queue = replace(
    whole,
    resources=[QUEUE],
    programs=[replace(PROGRAM, role=replace(SENDER, statements=(MAY_SEND,)))],
    workload=[],
    expectations=EXPECTATIONS,
)
scenario = queue if os.environ.get("PERMITTED") == "queue" else whole
