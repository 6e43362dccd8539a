"""May they? The verdict of policies on a request, with a reason that a reader without IAM understands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.iam.policy import Policy, Statement, parse
from harness.iam.reasons import allowed_words, denied_words, no_policy_words, not_allowed_words
from harness.iam.request import Request

NO_STATEMENTS = Policy(())


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What statements say together: `allowed` by those in `because`, or denied by them if `explicit_deny`."""

    allowed: bool
    explicit_deny: bool
    because: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a policy lets a request through. `statements`: the ids of those that decided."""

    allowed: bool
    explicit_deny: bool
    reason: str
    statements: tuple[str, ...] = ()


def decide(statements: Iterable[Statement], request: Request) -> Decision:
    """Return what *statements* decide: an applicable Deny wins, then an Allow; otherwise it is denied.

    IAM user guide, "Policy evaluation logic": an explicit deny overrides an allow; without either a request
    is denied implicitly.
    """
    applicable = [each for each in statements if each.applies(request)]
    denying = tuple(each for each in applicable if not each.allows)
    if denying:
        return Decision(False, True, denying)
    return Decision(bool(applicable), False, tuple(applicable))


def evaluate_resource_policy(
    document: str | Mapping[str, Any] | Policy | None, request: Request, *, who: str = "", where: str = ""
) -> Verdict:
    """Return whether the policy of a resource, None or "" where it has none, lets a service's *request* in.

    A service has no policies of its own: the resource's must allow it (IAM user guide, "Policy evaluation
    logic"). *who* and *where* name service and resource in the reason (`SNS`, `queue orders`). Raises
    MalformedPolicyError.
    """
    policy = document if isinstance(document, Policy) else parse(document) if document else NO_STATEMENTS
    if not policy.statements:
        return Verdict(False, False, no_policy_words(request, who, where))
    found = decide(policy.statements, request)
    ids = tuple(each.sid for each in found.because)
    if found.allowed:
        return Verdict(True, False, allowed_words(found.because[0], request, who, where), ids)
    if found.explicit_deny:
        return Verdict(False, True, denied_words(found.because[0], request, who, where), ids)
    return Verdict(False, False, not_allowed_words(policy.statements, request, who, where))
