"""Refused deliveries: why, what to do, and a statement that does it."""

import json
from dataclasses import replace
from typing import Any

import message_sample
import pytest
from test_html import page

from harness import journal as j
from harness.iam import evaluate_resource_policy
from harness.messaging.edges import PAGES, Edge, Target, judge, policy_of, request_of
from reports.messages import refusals


def arn(service: str) -> str:
    """Return the ARN of a resource of *service*."""
    return {"s3": "arn:aws:s3:::b", "events": "arn:aws:events:us-east-1:123456789012:rule/r"}.get(
        service, f"arn:aws:{service}:us-east-1:123456789012:{'function:' if service == 'lambda' else ''}x"
    )


EDGES = [Edge(service, arn(service), arn(target)) for service, target in PAGES]


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: f"{edge.service}-{edge.target.split(':')[2]}")
def test_the_statement_to_copy_lets_the_delivery_in(edge: Edge) -> None:
    """And it alone: not another source of the same service, wherever AWS tells the source."""
    statement = refusals.statement_for(edge.service, edge.source, edge.target)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert judge(edge, Target(edge.target, policy_of(policy)), "123456789012").allowed
    other = request_of(replace(edge, source=f"{edge.source}-other"), "123456789012")
    tells_source = (edge.service, edge.target.split(":")[2]) != ("events", "sns")
    assert evaluate_resource_policy(policy, other).allowed is not tells_source


def refusal(policy: dict[str, Any] | None, *, exists: bool = True) -> refusals.Refusal:
    """Return what the report says of a queue with *policy* that a topic is to deliver to."""
    edge = EDGES[0]
    verdict = judge(edge, Target(edge.target, policy_of(json.dumps(policy) if policy else None), exists), "1")
    one = {"at_s": 1.0, "source": edge.source, "target": edge.target, "service": edge.service}
    found = {"refusals": [{**one, "reason": verdict.reason, "mended": verdict.allowed}]}
    return refusals.refusals(found)[0]


def test_what_to_do_depends_on_the_reason() -> None:
    """A missing statement is written out; no statement helps against a Deny, or without a queue."""
    statement = refusals.statement_for(EDGES[0].service, EDGES[0].source, EDGES[0].target)
    assert statement is not None
    missing = refusal(None)
    assert (missing.remedy, json.loads(missing.statement)) == (
        "Add this statement to the policy of x:",
        statement,
    )
    denied = refusal({"Version": "2012-10-17", "Statement": [{**statement, "Effect": "Deny"}]})
    assert (denied.statement, "Take that Deny out" in denied.remedy) == ("", True)
    nowhere = refusal(None, exists=False)
    assert (nowhere.statement, "Create x" in nowhere.remedy) == ("", True)
    mended = refusal({"Version": "2012-10-17", "Statement": [statement]})
    assert (mended.statement, mended.mended) == ("", True)
    assert refusals.statement_for("iot", "arn:aws:iot:::x", "arn:aws:sqs:::q") is None


def test_the_page_gives_reason_and_statement_in_full() -> None:
    """To be copied; what was mended later comes last."""
    words = page(message_sample.refused_run()).words
    assert "queue ranks has no policy; SNS may only send to it when a statement allows" in words
    assert '"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:coordination"' in words
    assert words.index("refused at first") > words.index("Take that Deny out of the policy of audit")


def test_of_very_many_refusals_the_page_shows_some() -> None:
    """And says how many are in the summary."""
    edges = [
        j.DeliveryRefused(
            0.5, "arn:aws:sns:r:1:t", f"arn:aws:sqs:r:1:q{number}", "sns", "queue has no policy"
        )
        for number in range(13)
    ]
    assert (
        "3 more refused deliveries are not shown here"
        in page(message_sample.whole(*edges, *message_sample.once(1))).words
    )
