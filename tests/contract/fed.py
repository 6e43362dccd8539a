"""A gateway before a backend, and queues that feed functions: for the tests of pollers and timers."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from harness import journal, sessions
from harness.aws.stage import Stage
from harness.aws.thread import Gateway

HANDLER = b"""
import time

def handler(event, context):
    failed = []
    for record in event.get("Records", []):
        word, _, number = record["body"].partition(" ")
        if word == "sleep":
            time.sleep(float(number))
        elif word == "raise":
            raise ValueError(number)
        elif word == "bad":
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""
PATIENCE_S = 15.0


def zipped() -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr("worker.py", HANDLER)
    return found.getvalue()


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusted(service: str) -> str:
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


@dataclass
class World:
    """A gateway before a backend, and makers of what the tests need."""

    stage: Stage
    gateway: Gateway
    records: list[journal.Record]
    tag: str = field(default_factory=lambda: uuid4().hex[:6])
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = sessions.client(service, self.gateway.url)
        return self._clients[service]

    def close(self) -> None:
        for each in self._clients.values():
            each.close()

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        """Return URL and ARN of a new queue."""
        ending = ".fifo" if attributes.get("FifoQueue") else ""
        made = {"VisibilityTimeout": "5"} | attributes
        url = self.client("sqs").create_queue(QueueName=f"{name}-{self.tag}{ending}", Attributes=made)[
            "QueueUrl"
        ]
        return url, self.arn_of(url)

    def arn_of(self, url: str) -> str:
        found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn: str = found["Attributes"]["QueueArn"]
        return arn

    def role(self, name: str, *actions: str, service: str = "lambda.amazonaws.com") -> str:
        """Return the ARN of a role that *service* assumes and that may do *actions*."""
        iam = self.client("iam")
        made = f"{name}-{self.tag}"
        arn: str = iam.create_role(RoleName=made, AssumeRolePolicyDocument=trusted(service))["Role"]["Arn"]
        if actions:
            allowed = document({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
            iam.put_role_policy(RoleName=made, PolicyName="p", PolicyDocument=allowed)
        return arn

    def function(self, name: str, role: str, timeout_s: int = 3) -> str:
        made = f"{name}-{self.tag}"
        self.client("lambda").create_function(
            FunctionName=made, Runtime="python3.11", Role=role, Handler="worker.handler",
            Code={"ZipFile": zipped()}, Timeout=timeout_s,
        )  # fmt: skip
        return made

    def of(self, kind: type[Any], **fields: Any) -> list[Any]:
        """Return the records of *kind* with these values."""
        return [
            each
            for each in list(self.records)
            if isinstance(each, kind) and all(getattr(each, name) == value for name, value in fields.items())
        ]


@dataclass
class Fed:
    """A queue, its dead-letter queue, and the function that it feeds."""

    world: World
    name: str
    url: str
    arn: str
    dead_url: str
    mapping: str
    request: dict[str, Any]

    def send(self, *bodies: str, **more: str) -> None:
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(n), "MessageBody": body, **more}
                for n, body in enumerate(bodies[start : start + 10])
            ]
            self.world.client("sqs").send_message_batch(QueueUrl=self.url, Entries=entries)

    def invoked(self) -> list[journal.FunctionInvoked]:
        return self.world.of(journal.FunctionInvoked, function=self.name)

    def left(self, url: str = "") -> int:
        found = self.world.client("sqs").get_queue_attributes(
            QueueUrl=url or self.url, AttributeNames=["All"]
        )
        told = found["Attributes"]
        return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])

    def drained(self) -> bool:
        backlog = self.world.stage.event_sources.backlog
        return self.left() == 0 and backlog(self.mapping) == 0


def until(true: Callable[[], bool]) -> None:
    """Return when *true* is; fail when it does not become so."""
    give_up_at = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.03)
