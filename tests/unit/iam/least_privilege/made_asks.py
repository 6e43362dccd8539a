"""Uses of resources by services, accounts and roles, as the tests of resource policies make them."""

from typing import Any

from made_uses import ACCOUNT, QUEUE

from harness.iam.least_privilege import Asked, ResourceUse, Use
from harness.iam.least_privilege.uses import ALLOWED
from harness.journal import PermissionUsed

SNS, S3, EVENTS, LAMBDA = (f"{name}.amazonaws.com" for name in ("sns", "s3", "events", "lambda"))
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rank"
BUCKET = "arn:aws:s3:::raw"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/nightly"
OTHER = "999999999999"


def passed(source: str = "", account: str = ACCOUNT) -> dict[str, list[str]]:
    """Return what a service passes on of the *source* that it acts for; nothing without one."""
    if not source:
        return {}
    return {"aws:sourcearn": [source], "aws:sourceaccount": [account]}


def delivery(
    service: str, source: str, target: str, action: str = "sqs:SendMessage", **given: Any
) -> PermissionUsed:
    """Return the record of what a service delivered."""
    values: dict[str, Any] = {"at": 1.0, "verdict": ALLOWED, "context": passed(source)} | given
    return PermissionUsed(principal=service, role="", call=action, action=action, resource=target, **values)


def asked(principal: str, action: str, resource: str, source: str = "", account: str = ACCOUNT) -> Asked:
    """Return one use of a resource."""
    context = {key: tuple(values) for key, values in passed(source, account).items()}
    return Asked(principal, Use(action, action, resource, ALLOWED, context))


def one(kind: str = "queue", resource: str = QUEUE, *used: Asked) -> ResourceUse:
    """Return a resource that was used so."""
    return ResourceUse(resource, kind, True, None, used, ())
