"""Policies: read once, asked often. Pure: a document and a request in, a verdict with its reason out."""

from harness.iam.authorization import Authorization, Effect, PolicyEffect, PolicySet, PolicyType
from harness.iam.authorize import authorize, context_keys
from harness.iam.cache import DecisionCache
from harness.iam.evaluate import Decision, Verdict, decide, evaluate_resource_policy
from harness.iam.policy import Kind, MalformedPolicyError, Policy, Statement, parse
from harness.iam.request import Principal, Request
from harness.iam.sentences import message

__all__ = [
    "Authorization",
    "Decision",
    "DecisionCache",
    "Effect",
    "Kind",
    "MalformedPolicyError",
    "Policy",
    "PolicyEffect",
    "PolicySet",
    "PolicyType",
    "Principal",
    "Request",
    "Statement",
    "Verdict",
    "authorize",
    "context_keys",
    "decide",
    "evaluate_resource_policy",
    "message",
    "parse",
]
