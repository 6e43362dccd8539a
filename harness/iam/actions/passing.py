"""iam:PassRole: needed on every role that a call hands to a service.

IAM user guide, "Grant a user permissions to pass a role to an AWS service": the role's ARN is the resource,
iam:PassedToService the service that will assume it.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from harness.iam.actions.library import table
from harness.iam.actions.members import Members, values, walk
from harness.iam.actions.need import Need, Place

PASS_ROLE = "iam:PassRole"
_ROLE = re.compile(r"arn:[^:]+:iam::[0-9]*:role/.+")
# What a member is called that hands a role over; API Gateway says credentials, flow logs a permission.
_CALLED = re.compile(r"role|credentials|DeliverLogsPermissionArn", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
# Services that take a role by its name as well as by its ARN.
_NAMES_DO = {
    "glue": ("Role", "GlueServiceRole"),
    "elasticmapreduce": ("ServiceRole", "JobFlowRole", "AutoScalingRole"),
}


def passed_roles(prefix: str, operation: str, members: Members, place: Place) -> tuple[Need, ...]:
    """Return what the call needs for each role that it hands over."""
    if not _hands_over(prefix, operation):
        return ()
    return tuple(
        dict.fromkeys(
            Need(PASS_ROLE, arn, _context(service, associated))
            for member, arn, associated in _roles(prefix, operation, members, place)
            for service in (_service(prefix, operation, member),)
        )
    )


def passed_to(prefix: str) -> str:
    """Return the principal that calls of *prefix* hand roles to, such as `lambda.amazonaws.com`."""
    name = table("roles")["passed_to"].get(prefix, f"{prefix}.amazonaws.com")
    return str(name)


def _hands_over(prefix: str, operation: str) -> bool:
    rows = table("roles")["not_passed"]
    if prefix in rows["prefixes"] or (prefix == "iam" and operation != "AddRoleToInstanceProfile"):
        return False
    words = _WORDS.findall(operation)
    return not any(words[: each.count(" ") + 1] == each.split() for each in rows["reading"])


def _roles(prefix: str, operation: str, members: Members, place: Place) -> Iterator[tuple[str, str, str]]:
    ignored = table("roles")["ignored"].get(f"{prefix}:{operation}", "")
    rows = table("roles")["not_passed"]
    head = f"arn:{place.partition}:iam::{place.account}:role/"
    if prefix == "iam":
        yield from (("RoleName", head + name, "") for name in values(members, "RoleName"))
        return
    if prefix == "ec2":
        yield from _of_instances(members, place, head)
    named = _NAMES_DO.get(prefix, ())
    for member, text in walk(members, frozenset(rows["members"])):
        if member == ignored or not _CALLED.search(member):
            continue
        if _ROLE.fullmatch(text):
            yield member, text, ""
        elif member in named and text and not text.startswith("arn:"):
            yield member, head + text.lstrip("/"), ""
    for attribute in values(members, "AttributeName"):  # of SNS's SetTopicAttributes
        roles = (text for text in values(members, "AttributeValue") if _ROLE.fullmatch(text))
        yield from ((attribute, text, "") for text in roles if _CALLED.search(attribute))


def _of_instances(members: Members, place: Place, head: str) -> Iterator[tuple[str, str, str]]:
    """Yield the role in an instance profile. Which one only IAM knows: the console calls both alike (IAM user
    guide, "Use instance profiles")."""
    instance = f"arn:{place.partition}:ec2:{place.region}:{place.account}:instance/*"
    for path in ("IamInstanceProfile", "LaunchSpecification.IamInstanceProfile"):
        for text in values(members, f"{path}.Name") + values(members, f"{path}.Arn"):
            yield "IamInstanceProfile", head + text.rpartition("instance-profile/")[2], instance


def _service(prefix: str, operation: str, member: str) -> str:
    special = table("roles")["member"].get(f"{prefix}:{operation}/{member}")
    return str(special) if special else passed_to(prefix)


def _context(service: str, associated: str) -> Mapping[str, tuple[str, ...]]:
    found = {"iam:passedtoservice": (service,)}
    if associated:
        found["iam:associatedresourcearn"] = (associated,)
    return MappingProxyType(found)
