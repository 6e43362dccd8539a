"""A gateway with the wiring before a backend, and the steps that tests of the wiring repeat."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from typing import Any

from conftest import PATIENCE_S, Served, unique

from harness import journal, sessions
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.aws.wiring import Wiring
from harness.backends import Backend
from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.gateway.fetch import Fetcher

ACCOUNT, REGION = "123456789012", "us-east-1"
SNS = {"Service": "sns.amazonaws.com"}


@dataclass
class Stand:
    """A gateway with the wiring before one backend, and the steps that tests repeat."""

    served: Served
    wiring: Wiring

    @property
    def sqs(self) -> Any:
        return self.served.client("sqs")

    @property
    def sns(self) -> Any:
        return self.served.client("sns")

    @property
    def s3(self) -> Any:
        return self.served.client("s3")

    @property
    def events(self) -> Any:
        return self.served.client("events")

    def topic(self) -> str:
        arn: str = self.sns.create_topic(Name=unique("alerts"))["TopicArn"]
        return arn

    def queue(self, policy: dict[str, Any] | None = None) -> tuple[str, str]:
        """Create a queue; return its URL and ARN."""
        name = unique("orders")
        attributes = {"Policy": json.dumps(policy)} if policy else {}
        url: str = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def set_policy(self, url: str, *statements: dict[str, Any]) -> None:
        policy = json.dumps(document(*statements)) if statements else ""
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def subscribe(self, topic: str, queue: str, **attributes: str) -> str:
        arn: str = self.sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        return arn

    def got(self, url: str) -> list[str]:
        """Take all messages that are in the queue and return their texts."""
        texts: list[str] = []
        while found := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in found:
                body = json.loads(message["Body"])
                texts.append(body.get("Message", message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return texts

    def refusals(self, target: str) -> list[tuple[bool, str]]:
        """Return (allowed, reason) of what was journalled about *target*, in order."""
        found = self.served.of(journal.DeliveryRefused)
        return [(each.allowed, each.reason) for each in found if each.target == target]

    def read(self) -> None:
        """Let the wiring take in what was made past the gateway."""
        thread = self.served.stage._thread
        assert thread is not None
        thread.submit(self.wiring.read()).result()

    def direct(self, service: str) -> Any:
        """Return a client of the backend itself, past the gateway."""
        at = self.served.backend.route(service)
        return sessions.client(service, f"http://{at.host}:{at.port}")


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(resource: str, **changes: Any) -> dict[str, Any]:
    """Return a statement that lets SNS send to the queue *resource*."""
    plain = {
        "Sid": "In",
        "Effect": "Allow",
        "Principal": SNS,
        "Action": "sqs:SendMessage",
        "Resource": resource,
    }
    return plain | changes


def only_from(source: str) -> dict[str, Any]:
    return {"Condition": {"ArnEquals": {"aws:SourceArn": source}}}


@contextmanager
def wired(backend: Backend) -> Iterator[Stand]:
    """Put a gateway with a wiring of its own before *backend*."""
    records: list[journal.Record] = []
    stage = Stage(Clock(ClockSpec(1.0)), records.append, backend.route, Settings(), seed=1)
    wiring = Wiring(
        records.append, stage.clock.now, Fetcher(stage.pool), backend.route, account=ACCOUNT, region=REGION
    )
    stage.handlers.insert(0, wiring.handle)
    with Gateway(stage) as gateway:
        served = Served(gateway.url, stage, backend, records)
        try:
            yield Stand(served, wiring)
        finally:
            served.close()


class Listener:
    """An HTTP endpoint that takes what is posted to it."""

    def __enter__(self) -> "Listener":
        taken: Queue[bytes] = Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                taken.put(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None: ...

        self._taken = taken
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def asked(self) -> dict[str, str]:
        """Return the first thing that was posted."""
        found: dict[str, str] = json.loads(self._taken.get(timeout=PATIENCE_S))
        return found

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
