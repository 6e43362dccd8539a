"""Policies: read once, asked often. Pure: a document and a request in, a verdict with its reason out."""

from harness.iam.evaluate import Decision, Verdict, decide, evaluate_resource_policy
from harness.iam.policy import Kind, MalformedPolicyError, Policy, Statement, parse
from harness.iam.request import Principal, Request

__all__ = [
    "Decision",
    "Kind",
    "MalformedPolicyError",
    "Policy",
    "Principal",
    "Request",
    "Statement",
    "Verdict",
    "decide",
    "evaluate_resource_policy",
    "parse",
]
