"""Stacks: each resource type made, read back, changed and deleted by the AWS calls that its users would make.

A stack is a `Template` (harness.templates) made by an account's clients, which are passed in: nothing here
knows boto3, and nothing here is CloudFormation's API (that is harness/aws/stacks).
"""

from harness.stacks.engine import delete, deploy, plan, problems, unkept, update
from harness.stacks.kind import Kind, Made, Refused, Seen, Surroundings, Unreachable
from harness.stacks.looking import Difference, Found, compare, live, read_back
from harness.stacks.outcome import Change, Deployed, Event, Failure, Placed
from harness.stacks.registry import kind_of, known_types, replacing, why_not
from harness.stacks.single import delete_one, make_one

Ground = Surroundings

__all__ = [
    "Change",
    "Deployed",
    "Difference",
    "Event",
    "Failure",
    "Found",
    "Ground",
    "Kind",
    "Made",
    "Placed",
    "Refused",
    "Seen",
    "Surroundings",
    "Unreachable",
    "compare",
    "delete",
    "delete_one",
    "deploy",
    "kind_of",
    "known_types",
    "live",
    "make_one",
    "plan",
    "problems",
    "read_back",
    "replacing",
    "unkept",
    "update",
    "why_not",
]
