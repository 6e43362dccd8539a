"""AWS's sentences about a verdict.

IAM user guide, "Troubleshoot access denied error messages". Where policies of several types deny, AWS names
one of them.
"""

from collections.abc import Sequence

from harness.iam.authorization import Authorization, PolicyType
from harness.iam.request import Request
from harness.iam.special import is_role

_AN = {PolicyType.IDENTITY}
_TRUST = "role trust policy"


def denied(by: PolicyType, request: Request) -> str:
    """Return the end of the message for an explicit deny: `with an explicit deny in a session policy`."""
    if _is_trust(by, request):
        return f"with an explicit deny in the {_TRUST}"
    return f"with an explicit deny in {_article(by)} {by.value}"


def not_allowed(by: PolicyType, request: Request) -> str:
    """Return the end for a missing allow: `because no session policy allows the sqs:SendMessage action`."""
    policy = _TRUST if _is_trust(by, request) else by.value
    return f"because no {policy} allows the {request.action} action"


def allowed(by: Sequence[PolicyType], request: Request) -> str:
    """Return why a request may go on; AWS says nothing then."""
    if not by:
        return f"because the account's root user may do everything, {request.action} included"
    named = " and ".join(
        f"the {_TRUST}" if _is_trust(kind, request) else f"{_article(kind)} {kind.value}" for kind in by
    )
    return f"because {named} {'allow' if len(by) > 1 else 'allows'} the {request.action} action"


def message(request: Request, authorization: Authorization) -> str:
    """Return AWS's whole message for a denied *request*: `User: … is not authorized to perform: … …`."""
    reason = authorization.reason
    if not reason.startswith(("because ", "with ")):
        return reason
    who = request.principal.name or "anonymous"
    where = "" if request.resource in ("", "*") else f" on resource: {request.resource}"
    return f"User: {who} is not authorized to perform: {request.action}{where} {reason}"


def _article(kind: PolicyType) -> str:
    return "an" if kind in _AN else "a"


def _is_trust(kind: PolicyType, request: Request) -> bool:
    return (
        kind is PolicyType.RESOURCE
        and request.action.lower().startswith("sts:")
        and is_role(request.resource)
    )
