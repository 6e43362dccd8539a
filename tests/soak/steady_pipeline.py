"""A pipeline under steady traffic: an endpoint that scales, and a topic whose queue a worker empties.

SOAK_MINUTES and SOAK_RPS in the environment say how long and how much; `python tests/soak/soak.py` sets them.
"""

import os
from typing import Any

from harness.endpoint.distributions import Constant as Always
from harness.scenario import (
    Constant,
    Endpoint,
    Model,
    OpenModel,
    Payload,
    Program,
    Queue,
    Role,
    Scenario,
    Settle,
    Subscription,
    TargetTracking,
    Topic,
    allow,
    delivered,
    error_ratio,
    lost,
)

MINUTES = float(os.environ.get("SOAK_MINUTES", "60"))
RPS = float(os.environ.get("SOAK_RPS", "200"))
MESSAGES_PER_S = 2.0


def build(context: Any) -> bytes:
    """Return an artefact that nobody opens: the model echoes."""
    return b"echo"


SCORER = Endpoint(
    "scorer",
    Model(
        "scorer-model",
        build,
        Role("scorer-role", statements=(allow("s3:GetObject", on="arn:aws:s3:::rehearsal-artefacts/*"),)),
        environment={"HARNESS_MODEL": "echo"},
    ),
    service_time_s=0.02,
    concurrency=16,
    scaling=TargetTracking(target_value=4_500, min_capacity=1, max_capacity=4),
)
CALLER = Role("caller", "ecs-tasks.amazonaws.com", (allow("sagemaker:InvokeEndpoint", on=SCORER),))
ALERTS = Topic("alerts")
ALARMS = Queue("alarms", accepts=[ALERTS])
READER = Role(
    "alarm-reader", "ecs-tasks.amazonaws.com", (allow("sqs:ReceiveMessage", "sqs:DeleteMessage", on=ALARMS),)
)


def read(context: Any) -> dict[str, Any]:
    """Take alarms off the queue until asked to stop."""
    sqs, address, taken = context.client("sqs"), context.queue_url(ALARMS), 0
    while not context.stopping:
        found = sqs.receive_message(QueueUrl=address, WaitTimeSeconds=20, MaxNumberOfMessages=10)
        for message in found.get("Messages", []):
            sqs.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
            taken += 1
    return {"taken": taken}


scenario = Scenario(
    name="soak",
    description=f"{RPS:g} requests a second for {MINUTES:g} minutes.",
    resources=[SCORER, CALLER, Subscription(ALERTS, ALARMS)],
    workload=[
        OpenModel(
            SCORER,
            Constant(RPS - MESSAGES_PER_S, MINUTES * 60),
            client="lean",
            payload=Payload("rows", ["1,2,3,4,5,6,7,8"] * 4),
            as_role=CALLER,
        ),
        OpenModel(ALERTS, Constant(MESSAGES_PER_S, MINUTES * 60), arrivals="uniform"),
    ],
    programs=[
        Program(
            "reader",
            read,
            "beside_load",
            role=READER,
            reads=(ALARMS,),
            at_most_real_s=MINUTES * 60
            + 900,  # the load, and a machine that is busy at its beginning and its end
        )
    ],
    expectations=[
        error_ratio(SCORER).at_most(0.0, "nothing is lost"),
        lost(ALARMS).equals(0, "each message arrives"),
        delivered(ALARMS).at_least(MESSAGES_PER_S * MINUTES * 60 * 0.99, "all of them"),
    ],
    settle=Settle(at_most_s=10.0),
    settings={"launch_time": Always(20.0), "settle_s": 1.0, "delete_s": 1.0},
    clock="wall",
)
