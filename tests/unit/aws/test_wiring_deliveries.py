"""Deliveries as the permissions they needed: recorded once for each way, counted, and never when refused."""

from typing import Any

from harness import journal
from harness.aws.wiring.deliveries import Deliveries
from harness.iam import parse
from harness.messaging.edges import Edge, Target
from harness.messaging.topology import Topology

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
BUCKET, TOPIC = "arn:aws:s3:::raw", f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rank"


def statement(action: str, resource: str, **more: Any) -> dict[str, Any]:
    """Return what lets every service in."""
    return {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource, **more}


class Told:
    """Deliveries over a topology whose buckets may reach a queue, a topic and a function."""

    def __init__(self, *closed: str) -> None:
        self.records: list[Any] = []
        self.now = 1.0
        topology = Topology(ACCOUNT)
        for arn, action in ((QUEUE, "sqs:SendMessage"), (FUNCTION, "lambda:InvokeFunction")):
            given = {"Statement": statement(action, arn, Sid="In")}
            topology.tell(Target(arn, None if arn in closed else parse(given)))
        topology.deliver("s3", BUCKET, [QUEUE, FUNCTION])
        self.deliveries = Deliveries(self.records.append, lambda: self.now, topology, ACCOUNT)

    def made(self, target: str, source: str = BUCKET) -> None:
        self.deliveries.made(Edge("s3", source, target))


def test_a_delivery_is_recorded_once_and_counted() -> None:
    """Under the service's name, with its source and the account that owns it."""
    told = Told()
    for told.now in (1.0, 2.0, 5.0):
        told.made(QUEUE)
    told.deliveries.conclude()
    told.deliveries.conclude()
    first, total = told.records
    assert (first.at, first.principal, first.role, first.action) == (
        1.0,
        "s3.amazonaws.com",
        "",
        "sqs:SendMessage",
    )
    assert (first.resource, first.verdict, first.statements) == (QUEUE, "Allowed", [f"{QUEUE}#In"])
    assert first.context == {"aws:sourcearn": [BUCKET], "aws:sourceaccount": [ACCOUNT]}
    assert (total.calls, total.last_at, total.context, total.call) == (3, 5.0, first.context, first.call)


def test_a_function_is_invoked() -> None:
    """By the call that Lambda's API has for it."""
    told = Told()
    told.made(FUNCTION)
    assert (told.records[0].call, told.records[0].action) == ("lambda:Invoke", "lambda:InvokeFunction")


def test_what_aws_would_refuse_or_nobody_configured_is_no_delivery() -> None:
    """Neither through a closed way, nor along none."""
    told = Told(QUEUE)
    told.made(QUEUE)
    told.made(FUNCTION, "arn:aws:s3:::other")
    told.deliveries.conclude()
    assert told.records == []


def test_policies_are_told_when_they_change() -> None:
    """What is no policy is not told at all."""
    told = Told()
    for text in ('{"Statement": []}', '{"Statement": []}', "", "{", "[]"):
        told.deliveries.holds(TOPIC, text)
    assert told.records == [
        journal.ResourcePolicy(1.0, TOPIC, {"Statement": []}),
        journal.ResourcePolicy(1.0, TOPIC, {}),
    ]
