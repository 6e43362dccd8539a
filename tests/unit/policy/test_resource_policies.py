"""`harness policy` for queues, topics, functions and trust policies: written, proven, checked."""

import json
from pathlib import Path
from typing import Any

import hcl2
import pytest
from test_policy_command import ACCOUNT, QUEUE, SENDER, Write, holds, leave, policy, runs, said, used, write

from harness.journal import DeliveryRefused, PermissionUsed, Record, ResourcePolicy, RolePolicies

__all__ = ["runs", "write"]  # fixtures

SNS = {"Service": "sns.amazonaws.com"}
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
ORDERS = QUEUE
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders"
OPEN = {"Effect": "Allow", "Principal": SNS, "Action": "sqs:SendMessage", "Resource": QUEUE}
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def delivered(source: str = TOPIC, target: str = ORDERS) -> PermissionUsed:
    """Return the record of a delivery."""
    context = {"aws:sourcearn": [source], "aws:sourceaccount": [ACCOUNT]}
    return PermissionUsed(
        1.0, "sns.amazonaws.com", "", "sqs:SendMessage", "sqs:SendMessage", target, "Allowed", context=context
    )


def refused(reason: str, target: str = ORDERS, *, allowed: bool = False) -> DeliveryRefused:
    """Return the record that AWS would not deliver, or would again."""
    return DeliveryRefused(2.0, TOPIC, target, "sns", reason, allowed)


ASSUMED = PermissionUsed(0.5, "lambda.amazonaws.com", "", "sts:AssumeRole", "sts:AssumeRole", ROLE, "Allowed")
TRUSTED = RolePolicies(9.0, ROLE, [{"name": "trust", "kind": "trust", "document": policy(TRUST)}])
FANNED_OUT: list[Record] = [ResourcePolicy(0.1, ORDERS, policy(OPEN)), delivered(), ASSUMED, TRUSTED]


def test_the_smallest_policy_of_a_queue_is_written_with_its_proof(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who is let in on stderr; by its ARN no kind is needed."""
    leave(runs, FANNED_OUT)
    code, out, err = said(capsys, ORDERS)
    [statement] = json.loads(out)["Statement"]
    assert (code, statement["Condition"]["ArnEquals"]) == (0, {"aws:SourceArn": [TOPIC]})
    assert "proof: the one use passes under it; without its one statement it does not" in err
    assert "it lets in sns.amazonaws.com" in err
    code, out, _ = said(capsys, "orders", "--kind", "queue", "--json", "--format", "terraform")
    found = json.loads(out)
    assert (code, found["resource"], found["kind"], found["proof"]["holds"]) == (0, ORDERS, "queue", True)
    assert (found["let_in"][0]["principal"], found["holds"]) == ("sns.amazonaws.com", policy(OPEN))
    assert '"aws_sqs_queue_policy"' in hcl2.loads(found["text"])["resource"][0]


def test_a_trust_policy_is_asked_for_by_its_kind(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The name alone means the role's own policies."""
    leave(runs, [*FANNED_OUT, used("orders", "sqs:ReceiveMessage", QUEUE)])
    code, out, err = said(capsys, "orders", "--kind", "trust")
    assert (code, json.loads(out)["Statement"][0]["Principal"]) == (
        0,
        {"Service": ["lambda.amazonaws.com"]},
    )
    assert "trust policy of orders, " in err
    code, out, err = said(capsys, "orders")
    assert (code, json.loads(out)["Statement"][0]["Action"]) == (0, ["sqs:ReceiveMessage"])
    assert "the run has a queue of this name, too: --kind queue writes its policy" in err


def test_refused_deliveries_are_written_on_request(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As they were when the run ended; what a Deny refused, or what is not there, stays out."""
    denied = (
        "a statement in the policy of queue c denies sqs:SendMessage to SNS; a Deny wins over every Allow"
    )
    leave(
        runs,
        [
            refused("queue orders has no policy"),
            refused("queue b has no policy", f"{QUEUE}-b"),
            refused("allowed", f"{QUEUE}-b", allowed=True),
            refused(denied, f"{QUEUE}-c"),
            refused("queue d does not exist", f"{QUEUE}-d"),
        ],
    )
    code, _, err = said(capsys, "orders")
    assert (code, "Nobody was let in to orders" in err, "--include-denied" in err) == (4, True, True)
    code, out, _ = said(capsys, "orders", "--include-denied")
    assert (code, json.loads(out)["Statement"][0]["Principal"]) == (0, {"Service": ["sns.amazonaws.com"]})
    assert said(capsys, "orders-c", "--include-denied")[0] == 4
    code, _, err = said(capsys, "orders-d")
    assert (code, "the run has" in err or "did you mean" in err) == (2, True)
    assert said(capsys, "--kind", "queue")[2].startswith("harness: Say which queue: orders, orders-c")


def test_what_a_deny_refused_is_told_as_left_out(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside what is written."""
    leave(runs, [delivered(), refused("no policy lets SNS in", ORDERS)])
    code, _, err = said(capsys, ORDERS)
    assert (code, "left out, denied in the run: sqs:SendMessage by sns.amazonaws.com" in err) == (0, True)


def test_the_gate_checks_resources(runs: Path, write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """By name, all of a kind, or a file; a policy without the source is more than one with it."""
    leave(runs, FANNED_OUT)
    exact = {**OPEN, "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}}}
    wide, narrow = write("wide.json", policy(OPEN)), write("narrow.json", policy(exact))
    assert said(capsys, ORDERS, "--check", wide)[0] == 0
    code, out, _ = said(capsys, ORDERS, "--check", narrow, "--json")
    [new] = json.loads(out)["new"]["orders"]
    assert (code, new["principal"], new["statement"]) == (1, "sns.amazonaws.com", "policy#0")
    by_name = write("names.json", {"other": policy(OPEN)})
    code, _, err = said(capsys, "--kind", "queue", "--check", by_name)
    assert (code, "No queue other in the run" in err) == (2, True)
    code, out, _ = said(capsys, "--kind", "queue", "--check", write("orders.json", {"orders": policy(OPEN)}))
    assert (code, out.startswith("orders grants nothing that ")) == (0, True)
    assert said(capsys, "--kind", "queue", "--check", narrow, "--policy", wide)[0] == 1
    assert said(capsys, "--kind", "trust", "--check", write("t.json", policy(TRUST)))[0] == 0
    code, _, err = said(capsys, "--kind", "topic", "--check", wide)
    assert (code, "recorded no topic that could be checked" in err) == (2, True)


@pytest.mark.parametrize(
    ("records", "code", "sentence"),
    [
        ([delivered()], 4, "did not record what orders holds"),
        ([ResourcePolicy(1.0, ORDERS, {"Statement": [{"Effect": "No"}]})], 2, "AWS would not take"),
        ([ResourcePolicy(1.0, ORDERS, {})], 0, ""),
    ],
)
def test_what_a_resource_holds_must_be_known(
    runs: Path,
    write: Write,
    capsys: pytest.CaptureFixture[str],
    records: list[Any],
    code: int,
    sentence: str,
) -> None:
    """Nothing known is no pass; a resource without a policy grants nothing."""
    leave(runs, [*records, *SENDER, holds("reader", policy())])
    found, _, err = said(capsys, ORDERS, "--check", write("r.json", policy(OPEN)))
    assert (found, sentence in err) == (code, True)
    missing = said(capsys, "--kind", "queue", "--check", write("n.json", {}))
    assert missing[0] == 2
