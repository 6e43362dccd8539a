"""The pipeline that is broken: an endpoint under load, and a topic whose messages two workers answer.

The tests run it by its path with the real command, on the clock of the wall: what they break, they break for
seconds of this machine. Each message in POISON of so many cannot be worked on and must end as a dead letter.
"""

import os
from pathlib import Path
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
    Topic,
    allow,
    error_ratio,
    lost,
    still_there,
)

SECONDS = float(os.environ.get("CHAOS_SECONDS", "12"))
REQUESTS_RPS, MESSAGES_RPS = 25.0, 12.0
POISON = 40
HANDLED = "handled"  # where a worker writes what it worked on, before it says so to SQS

DEAD = Queue("dead")
ORDERS = Topic("orders")
JOBS = Queue("jobs", visibility_timeout_s=1, dead_letter=DEAD, max_receive_count=3, accepts=[ORDERS])


def build(context: Any) -> bytes:
    """Return an artefact that nobody opens: the model echoes."""
    return b"echo"


MODEL = Model("echo-model", build=build, role=Role("echo-role"), environment={"HARNESS_MODEL": "echo"})
ECHO = Endpoint("echo", MODEL, service_time_s=0.01)
WORKER = Role("worker-role", "ecs-tasks.amazonaws.com", (allow("sqs:ReceiveMessage", "sqs:DeleteMessage"),))


def work(context: Any) -> dict[str, Any]:
    """Work on messages until asked to stop, whatever calls come to; write each down before it is deleted."""
    from botocore.exceptions import BotoCoreError, ClientError

    sqs, address = context.client("sqs", attempts=3), context.queue_url(JOBS)
    handled = failed = 0
    with (Path(context.work_dir) / HANDLED).open("a", buffering=1) as book:
        while not context.stopping:
            try:
                found = sqs.receive_message(QueueUrl=address, WaitTimeSeconds=2, MaxNumberOfMessages=5)
                for message in found.get("Messages", []):
                    if int(message["Body"]) % POISON == 0:
                        continue
                    book.write(f"{message['MessageId']}\n")
                    sqs.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
                    handled += 1
            except (BotoCoreError, ClientError):
                failed += 1
                context.wait_model_s(0.2)
    return {"handled": handled, "failed": failed}


LOAD = [
    OpenModel(ECHO, Constant(REQUESTS_RPS, SECONDS), client="lean", payload=Payload("rows", ["1,2,3"])),
    OpenModel(ORDERS, Constant(MESSAGES_RPS, SECONDS), payload=Payload("n", ["{{number}}"], numbered=True)),
]

scenario = Scenario(
    name="chaos",
    description="An endpoint under load and a queue with two workers, while something is broken.",
    resources=[ECHO, Subscription(ORDERS, JOBS, raw=True), DEAD],
    workload=LOAD[1:] if "CHAOS_MESSAGES_ONLY" in os.environ else LOAD,
    programs=[
        Program(
            "work",
            work,
            "beside_load",
            role=WORKER,
            processes=2,
            restart="on-failure",
            restart_after_s=0.1,
            reads=(JOBS,),
        )
    ],
    expectations=[
        error_ratio(ECHO).at_most(0.0, "each request is answered"),
        error_ratio(ORDERS).at_most(0.0, "each message is taken"),
        lost(JOBS).equals(0, "a queue loses nothing"),
        still_there(JOBS).equals(0, "the workers had the time"),
    ],
    settle=Settle(at_most_s=40.0),
    clock="wall",
    settings={"launch_time": Always(0.5), "settle_s": 0.2, "delete_s": 0.2, "scale_in_s": 0.2},
)
