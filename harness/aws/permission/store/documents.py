"""Policy texts of the backend, compiled; what AWS would not have taken says nothing, and is reported."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from harness.iam import Kind, MalformedPolicyError, Policy, parse

NOTHING = Policy(())  # allows nothing, denies nothing
# For a resource that is not even read for the account's root: its policy denies everybody.
DENIES_ALL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PolicyThatNobodyMayRead",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "*",
                "Resource": "*",
            }
        ],
    }
)

# (rule, resource, message): told once each
Finding = Callable[[str, str, str], None]
MALFORMED = "policy-malformed"


def compiled(text: str, kind: Kind, name: str, tell: Finding) -> Policy:
    """Return *text* compiled, its statements labelled with *name*; an empty policy where it is malformed."""
    try:
        # The backend took it: what AWS objects to for its form alone still says what it says.
        return parse(text, kind, name=name, lenient=True)
    except MalformedPolicyError as error:
        tell(
            MALFORMED,
            name,
            f"The policy {name} is none that AWS takes ({error.told}): it is held as one without statements. "
            "Put a valid document in its place.",
        )
        return NOTHING


def joined(policies: Iterable[Policy]) -> Policy:
    """Return one policy with the statements of *policies*, in their order."""
    return Policy(tuple(each for policy in policies for each in policy.statements))


def text_of(document: Any) -> str:
    """Return a document of an IAM answer: percent-encoded JSON as the API reference has it, or a value."""
    return unquote(document) if isinstance(document, str) else json.dumps(document)
