"""What nobody here knows of a request: its resource's tags, and keys of its service that are not read.

aws:ResourceTag and its kin of single services are not read from the backends, and of AWS's 2,000 service keys
not all from the calls. Evaluated as if they were absent, a Deny on one would not deny and a negated condition
would allow; that would be the one way to let something pass that AWS refuses, so it is told instead.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.iam import Policy, PolicySet, Request
from harness.iam.actions import is_unread
from harness.iam.authorization import Authorization, Effect
from harness.iam.policy import Statement
from harness.iam.principals import Grant

_TAGS = ("resourcetag/", "existingobjecttag/")


def without_doubt(policies: PolicySet, request: Request, answer: Authorization) -> Authorization:
    """Return *answer*, or an implicit denial where it is a yes that what is not known could undo.

    They could where a Deny that bears on *request* otherwise asks for one, or where all that grants does.
    """
    if not answer.allowed:
        return answer
    for policy in _every(policies):
        for statement in policy.about(request.action):
            unknown = _unknown(statement, request)
            if unknown and _matters(statement, request, answer, unknown):
                key = min(unknown)
                reason = (
                    f"because {statement.name} depends on {key}, which is not known here; give the "
                    "condition another key, or rehearse without it"
                )
                return replace(answer, effect=Effect.IMPLICITLY_DENIED, reason=reason)
    return answer


def _unknown(statement: Statement, request: Request) -> frozenset[str]:
    return frozenset(
        key
        for key in statement.context_keys
        if key not in request.context
        and (key.partition(":")[2].startswith(_TAGS) or is_unread(request.action, key))
    )


def _matters(statement: Statement, request: Request, answer: Authorization, unknown: frozenset[str]) -> bool:
    if statement.allows:
        return statement.name in answer.statements
    return (
        statement.grant(request.principal) is not Grant.NONE
        and statement.names_resource(request)
        and all(each.holds(request.context) for each in statement.conditions if not each.keys & unknown)
    )


def _every(policies: PolicySet) -> Iterator[Policy]:
    yield from policies.identity
    for some in (policies.boundary, policies.session, policies.vpc_endpoint):
        yield from some or ()
    if policies.resource is not None:
        yield policies.resource
    for levels in (policies.scps, policies.rcps):
        for level in levels or ():
            yield from level
