"""Scenarios of queues and programs that take seconds: what works, and what goes wrong, as WORKERS says.

The tests run it by its path with the real command.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
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
    Table,
    Topic,
    allow,
    result,
)

MESSAGES = 20
JOBS = Queue("jobs", visibility_timeout_s=2)
ORDERS = Queue("orders", fifo=True, content_based_deduplication=True)
NEVER_READ = Queue("never-read")
DENIED = Queue("denied")
DONE = Topic("done")
HEARD = Queue("heard", accepts=[DONE])
SEEN = Table("seen")

WORKER = Role(
    "worker-role",
    "ecs-tasks.amazonaws.com",
    (allow("sqs:ReceiveMessage", "sqs:DeleteMessage"), allow("sns:Publish"), allow("dynamodb:PutItem")),
)
SENDER = Role("sender-role", "ecs-tasks.amazonaws.com", (allow("sqs:SendMessage"),))


# -- what works -----


def send(context: Any) -> dict[str, Any]:
    """Send the jobs, under a role that may do that and nothing else."""
    sqs = context.client("sqs")
    for number in range(MESSAGES):
        sqs.send_message(QueueUrl=context.queue_url(JOBS), MessageBody=str(number))
    sqs.send_message(QueueUrl=context.queue_url(ORDERS), MessageBody="first", MessageGroupId="one")
    return {"sent": MESSAGES, "named": context.topic_arn(DONE)}


def work(context: Any) -> dict[str, Any]:
    """Work on jobs until asked to stop; rank 0 dies in its first life with a message in its hands."""
    sqs, sns, address = context.client("sqs"), context.session.client("sns"), context.queue_url(JOBS)
    died = context.work_dir / "died"
    worked = 0
    print(f"a life of rank {context.rank} of {context.processes} begins")
    while not context.stopping:
        found = sqs.receive_message(QueueUrl=address, WaitTimeSeconds=20, MaxNumberOfMessages=1)
        for message in found.get("Messages", []):
            if context.rank == 0 and not died.exists():
                died.touch()
                os.kill(os.getpid(), signal.SIGSEGV)
            sns.publish(TopicArn=context.topic_arn(DONE), Message=message["Body"])
            context.client("dynamodb").put_item(TableName="seen", Item={"id": {"S": message["Body"]}})
            sqs.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
            worked += 1
    return {"worked": worked, "rank": context.rank, "who": f"rank {context.rank}"}


def use_plain_boto3(context: Any) -> dict[str, Any]:
    """Poll as code that knows nothing of the rehearsal does, with resources, clocks and a wait in it."""
    import boto3

    before = context.now()
    address = context.queue_url(ORDERS)
    taken = 0
    context.ready()
    while not context.stopping:
        for message in boto3.resource("sqs").Queue(address).receive_messages(WaitTimeSeconds=20):
            taken += 1
            message.delete()
    return {"taken": taken, "took_s": context.now() - before}


def wait_long(context: Any) -> dict[str, Any]:
    """Wait for an hour of model time, which nobody has."""
    began = time.monotonic()
    context.ready()
    context.wait_model_s(3_600)
    return {"waited_s": time.monotonic() - began}


def count(context: Any) -> dict[str, Any]:
    """Count what the workers published, and remove what is not needed any more."""
    sqs, found = context.client("sqs"), set()
    while messages := sqs.receive_message(
        QueueUrl=context.queue_url(HEARD), MaxNumberOfMessages=10, VisibilityTimeout=60
    ).get("Messages"):
        found |= {message["MessageId"] for message in messages}
    rows = context.client("dynamodb").scan(TableName="seen")["Count"]
    sqs.delete_queue(QueueUrl=context.queue_url(HEARD))
    return {"heard": len(found), "seen": rows}


works = Scenario(
    name="workers",
    description="Two workers share a queue, one of them dies with a message in its hands.",
    resources=[JOBS, ORDERS, Subscription(DONE, HEARD), SEEN],
    programs=[
        Program("send", send, role=SENDER),
        Program(
            "work",
            work,
            "beside_load",
            role=WORKER,
            processes=2,
            restart="on-failure",
            restart_after_s=0.1,
            reads=(JOBS,),
        ),
        Program("plain", use_plain_boto3, "beside_load", reads=(ORDERS,)),
        Program("wait", wait_long, "beside_load", reads=(ORDERS,)),
        Program("count", count, "after_load"),
    ],
    expectations=[
        result("work", "worked").equals(MESSAGES, "each job once"),
        result("work", "rank").equals(1, "0 and 1"),
        result("plain", "taken").equals(1, "the one that was sent"),
        result("count", "heard").equals(MESSAGES, "each job once"),
        result("count", "seen").equals(MESSAGES, "each job once"),
    ],
    clock="wall",
)


# -- what goes wrong -----


def ends_at_once(context: Any) -> None:
    """End as C code does that gives up."""
    os._exit(3)


def is_killed(context: Any) -> None:
    """End as by the kernel when there is no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)


def prints_megabytes(context: Any) -> dict[str, Any]:
    """Fill the log with more than anybody reads."""
    for _ in range(100):
        sys.stdout.write("x" * 99_999 + "\n")
    return {"printed": 100 * 100_000}


def leaves_children(context: Any) -> dict[str, Any]:
    """Leave a child in a session of its own, and one in a thread's place that ignores signals."""
    ignoring = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    for own_session in (False, True):
        subprocess.Popen([sys.executable, "-c", ignoring], start_new_session=own_session)
    return {"children": 2}


def ignores_signals(context: Any) -> None:
    """Be deaf."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    context.ready()
    threading.Event().wait(600)


def never_ends(context: Any) -> None:
    """Spin, and never look at `stopping`."""
    context.ready()
    while True:
        context.wait_model_s(0.2)


def is_denied(context: Any) -> None:
    """Receive under a role that may only send."""
    context.client("sqs").receive_message(QueueUrl=context.queue_url(DENIED))


def crashes_again_and_again(context: Any) -> None:
    """Raise in every life."""
    raise RuntimeError("no such model")


def fill(context: Any) -> None:
    """Put a message into each queue that nobody empties."""
    for queue in (NEVER_READ, DENIED):
        context.client("sqs").send_message(QueueUrl=context.queue_url(queue), MessageBody="{}")


def beside(name: str, function: Callable[[Any], Any], **more: Any) -> Program:
    """Return a program beside the load that has half a second to stop."""
    return Program(name, function, "beside_load", stop_within_s=0.5, **more)


wrong = replace(
    works,
    resources=[NEVER_READ, DENIED],
    programs=[
        Program("fill", fill),
        beside("exit-3", ends_at_once),
        beside("killed", is_killed),
        beside("prints", prints_megabytes),
        beside("family", leaves_children),
        beside("forgiven", crashes_again_and_again, may_fail=True),
        beside("deaf", ignores_signals, reads=(NEVER_READ,)),
        beside("endless", never_ends, reads=(NEVER_READ,)),
        beside("denied", is_denied, reads=(DENIED,), role=SENDER),
        beside("crashes", crashes_again_and_again, reads=(NEVER_READ,), restart="on-failure"),
    ],
    expectations=[
        result("prints", "printed").equals(10_000_000, "all of it"),
        result("family", "children").equals(2, "both"),
    ],
    settle=Settle(at_most_s=3.0),
)
# -- what is interrupted -----


def build(context: Any) -> bytes:
    """Return an artefact that nobody opens: the model echoes."""
    return b"echo"


ECHO = Endpoint("echo", Model("echo", build, Role("echo-role"), environment={"HARNESS_MODEL": "echo"}))

in_settle = replace(
    wrong,
    programs=[Program("fill", fill), beside("endless", never_ends, reads=(NEVER_READ,))],
    settle=Settle(at_most_s=600.0),
)
# An endpoint under load beside a queue with its program, on a clock that is not the wall's.
in_stop = replace(
    wrong,
    resources=[NEVER_READ, ECHO],
    workload=[OpenModel(ECHO, Constant(2.0, 60.0), client="lean", payload=Payload("row", ["1,2,3"]))],
    clock="compressed:60",
    settings={"launch_time": Always(20.0), "settle_s": 1.0, "delete_s": 1.0},
    programs=[Program("deaf", ignores_signals, "beside_load", reads=(NEVER_READ,), stop_within_s=600.0)],
    settle=None,
)
CASES = {"works": works, "wrong": wrong, "settle": in_settle, "stop": in_stop}
scenario = CASES[os.environ.get("WORKERS", "works")]
