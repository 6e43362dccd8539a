"""Verdicts a second, on one core in CPU time, beside a plain Python loop of the same run.

    python -m benchmarks.iam [--json] [--seconds 1.0] [--repeats 5]

Three figures: a role of five statements and one with AmazonSageMakerFullAccess, each asked for what it grants
and what it does not, in turn; and the first role through a `DecisionCache` that has seen each request once.
The loop adds up a million integers a round; `loops` is how many evaluations fit into one round of it, which
compares machines. Exit code 1: a figure stays below its goal.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.errors import ExitCode
from harness.iam import DecisionCache, Kind, Policy, PolicySet, Principal, Request, authorize, parse

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
WORKER = Principal("aws", f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/worker-0", ACCOUNT, ROLE)
GOALS = {"narrow": 30_000.0, "broad": 8_000.0, "cached": 500_000.0}
BROAD = "AmazonSageMakerFullAccess"
LOOP = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: evaluations a CPU second (median of the repeats), and how many of the loop's rounds fit."""

    name: str
    rate: float
    goal: float
    loops: float
    allowed_ratio: float


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    loop = statistics.median(_loop() for _ in range(options.repeats))
    narrow, broad, cache = PolicySet((narrow_policy(),)), PolicySet((broad_policy(),)), DecisionCache()
    asked = {
        "narrow": (narrow_requests(), lambda request: authorize(narrow, request)),
        "broad": (broad_requests(), lambda request: authorize(broad, request)),
        "cached": (narrow_requests(), lambda request: cache.authorize(narrow, request)),
    }
    rows = [_row(name, requests, ask, loop, options) for name, (requests, ask) in asked.items()]
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        for row in rows:
            print(
                f"{row.name:7} {row.rate:10,.0f}/s (goal {row.goal:9,.0f}), {row.loops:9,.0f} a round of the "
                f"loop, {row.allowed_ratio:.0%} allowed"
            )
    return ExitCode.PASS if all(row.rate >= row.goal for row in rows) else ExitCode.FAIL


def narrow_policy() -> Policy:
    """Return what a worker of the pipelines holds: five statements."""
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
    statements: list[dict[str, Any]] = [
        {
            "Sid": "Queue",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": queue,
        },
        {
            "Sid": "Endpoint",
            "Action": "sagemaker:InvokeEndpoint",
            "Resource": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/ranker",
        },
        {
            "Sid": "Results",
            "Action": ["s3:PutObject", "s3:GetObject"],
            "Resource": "arn:aws:s3:::results/${aws:PrincipalTag/team}/*",
        },
        {
            "Sid": "Publish",
            "Action": "sns:Publish",
            "Resource": f"arn:aws:sns:us-east-1:{ACCOUNT}:done-*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
        {
            "Sid": "Passing",
            "Action": "iam:PassRole",
            "Resource": f"arn:aws:iam::{ACCOUNT}:role/execution",
            "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        },
    ]
    allow = [{"Effect": "Allow"} | each for each in statements]
    return parse({"Version": "2012-10-17", "Statement": allow}, Kind.IDENTITY, name="worker")


def narrow_requests() -> tuple[Request, ...]:
    """Return two dozen requests of the worker, half of which it may make."""
    context = {
        "aws:PrincipalTag/team": "blue",
        "aws:SecureTransport": "true",
        "aws:PrincipalArn": ROLE,
        "aws:RequestedRegion": "us-east-1",
        "iam:PassedToService": "sagemaker.amazonaws.com",
    }
    base = f"us-east-1:{ACCOUNT}"
    asked = [
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{base}:orders"),
        ("sqs:DeleteMessage", f"arn:aws:sqs:{base}:orders"),
        ("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{base}:endpoint/ranker"),
        ("s3:PutObject", "arn:aws:s3:::results/blue/part-1.csv"),
        ("sns:Publish", f"arn:aws:sns:{base}:done-7"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/execution"),
        ("sqs:PurgeQueue", f"arn:aws:sqs:{base}:orders"),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{base}:others"),
        ("sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{base}:endpoint/ranker"),
        ("s3:GetObject", "arn:aws:s3:::results/red/part-1.csv"),
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{base}:table/runs"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    ]
    return tuple(Request.of(WORKER, action, resource, context) for action, resource in asked)


def broad_policy() -> Policy:
    """Return AmazonSageMakerFullAccess as moto carries it."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    data = aws_managed_policies_data
    known = json.loads(data) if isinstance(data, str) else data
    return parse(known[BROAD]["Document"], Kind.IDENTITY, name=BROAD)


def broad_requests() -> tuple[Request, ...]:
    """Return requests that AmazonSageMakerFullAccess grants, and others that it does not."""
    base = f"us-east-1:{ACCOUNT}"
    to = {"iam:PassedToService": "sagemaker.amazonaws.com", "aws:RequestedRegion": "us-east-1"}
    asked = [
        ("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{base}:endpoint/ranker"),
        ("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:{base}:training-job/a"),
        ("logs:CreateLogStream", f"arn:aws:logs:{base}:log-group:a"),
        ("s3:GetObject", "arn:aws:s3:::my-sagemaker-bucket/a"),
        ("cloudwatch:PutMetricData", "*"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/AmazonSageMaker-x"),
        ("ec2:DescribeVpcs", "*"),
        ("ecr:GetAuthorizationToken", "*"),
        ("s3:GetObject", "arn:aws:s3:::payroll/a"),
        ("sqs:SendMessage", f"arn:aws:sqs:{base}:orders"),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/ann"),
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{base}:table/runs"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{base}:function:orders"),
        ("sagemaker:CreateApp", f"arn:aws:sagemaker:{base}:app/d/u/t/a"),
        ("kms:Decrypt", f"arn:aws:kms:{base}:key/1"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{base}:secret:db"),
    ]
    return tuple(Request.of(WORKER, action, resource, to) for action, resource in asked)


def _row(
    name: str, requests: Sequence[Request], ask: Callable[[Request], Any], loop: float, options: Any
) -> Row:
    allowed = sum(ask(request).allowed for request in requests) / len(requests)
    rates = [_rate(requests, ask, options.seconds / options.repeats) for _ in range(options.repeats)]
    rate = statistics.median(rates)
    return Row(name, rate, GOALS[name], rate * loop, allowed)


def _rate(requests: Sequence[Request], ask: Callable[[Request], Any], seconds: float) -> float:
    began, done = time.process_time(), 0
    while (spent := time.process_time() - began) < seconds:
        for _ in range(20):
            for request in requests:
                ask(request)
        done += 20 * len(requests)
    return done / spent


def _loop() -> float:
    """Return the CPU seconds of one round of the plain loop."""
    began, total = time.process_time(), 0
    for number in range(LOOP):
        total += number
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
