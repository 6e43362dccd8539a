"""Verdicts a second, on one core in CPU time, beside a plain Python loop of the same run.

    python -m benchmarks.iam [--json] [--quick] [--seconds 1.0] [--repeats 5]

Three figures: a role of five statements and one with AmazonSageMakerFullAccess, each asked for what it grants
and what it does not, in turn; and the first role through a `DecisionCache` that has seen each request once.
The loop adds up a million integers a round; how many evaluations fit into one round of it compares machines.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.results import Figure, Report, main, median_of
from harness.iam import DecisionCache, Kind, Policy, PolicySet, Principal, Request, authorize, parse

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
WORKER = Principal("aws", f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/worker-0", ACCOUNT, ROLE)
GOALS = {"narrow": 30_000.0, "broad": 8_000.0, "cached": 500_000.0}
WHAT = {
    "narrow": "verdicts, a role of five statements",
    "broad": "verdicts, a role with AmazonSageMakerFullAccess",
    "cached": "verdicts that were given before",
}
BROAD = "AmazonSageMakerFullAccess"
LOOP = 1_000_000


def measure(options: argparse.Namespace) -> Report:
    """Return the rates, each beside the loop of its repeat."""
    seconds, repeats = (0.2, 2) if options.quick else (options.seconds, options.repeats)
    narrow, broad, cache = PolicySet((narrow_policy(),)), PolicySet((broad_policy(),)), DecisionCache()
    asked: dict[str, tuple[Sequence[Request], Callable[[Request], Any]]] = {
        "narrow": (narrow_requests(), lambda request: authorize(narrow, request)),
        "broad": (broad_requests(), lambda request: authorize(broad, request)),
        "cached": (narrow_requests(), lambda request: cache.authorize(narrow, request)),
    }
    rates: dict[str, list[float]] = {name: [] for name in asked}
    loops: list[float] = []
    for _ in range(repeats):
        loops.append(_loop())
        for name, (requests, ask) in asked.items():
            rates[name].append(_rate(requests, ask, seconds / repeats))
    figures = [
        median_of(name, WHAT[name], found, "a CPU second", goal=GOALS[name]) for name, found in rates.items()
    ]
    return Report("iam", (*figures, *_in_loops(rates, loops)))


def _in_loops(rates: dict[str, list[float]], loops: list[float]) -> list[Figure]:
    return [
        median_of(
            f"{name}_in_a_loop",
            f"the same while Python adds up {LOOP:,} integers",
            [rate * loop for rate, loop in zip(found, loops, strict=True)],
            "verdicts",
        )
        for name, found in rates.items()
    ]


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


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds of each figure")
    parser.add_argument("--repeats", type=int, default=5, help="runs that the medians are taken of")


if __name__ == "__main__":
    sys.exit(main("iam", __doc__, measure, _options))
