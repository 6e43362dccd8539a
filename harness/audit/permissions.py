"""Policies of a template's resources and roles, asked as AWS would ask them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.audit.names import ALIAS, BUCKET, FUNCTION, MANAGED_POLICY, QUEUE, ROLE, TOPIC, VERSION
from harness.audit.plain import listed, members, text
from harness.audit.view import View, per_view
from harness.iam import (
    Kind,
    MalformedPolicyError,
    Policy,
    PolicySet,
    Principal,
    Request,
    Statement,
    authorize,
    evaluate_resource_policy,
    parse,
)
from harness.iam.managed import is_aws_managed, managed_policies
from harness.templates.model import Resource

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attached:
    """A policy document, the resource that declares it and the property where it stands."""

    document: Document
    declared: Resource
    path: str
    name: str = ""


# The types that put a policy on another resource: the property that names it, and that of the document.
_ATTACHING = {
    "AWS::SQS::QueuePolicy": (QUEUE, "Queues"),
    "AWS::SQS::QueueInlinePolicy": (QUEUE, "Queue"),
    "AWS::SNS::TopicPolicy": (TOPIC, "Topics"),
    "AWS::SNS::TopicInlinePolicy": (TOPIC, "TopicArn"),
    "AWS::S3::BucketPolicy": (BUCKET, "Bucket"),
}
PERMISSION = "AWS::Lambda::Permission"


@per_view
def attachments(view: View) -> Mapping[str, list[Attached]]:
    """Return the policies of queues, topics and buckets by their logical ids, in the template's order."""
    found: dict[str, list[Attached]] = {}
    for one in view.of_type(*_ATTACHING):
        kind, property_name = _ATTACHING[one.type]
        for named in listed(one.properties.get(property_name)):
            owner = view.find(named, kind)
            if owner is not None:
                attached = Attached(members(one.properties.get("PolicyDocument")), one, "PolicyDocument")
                found.setdefault(owner.logical_id, []).append(attached)
    return found


def policies_of(view: View, resource: Resource) -> list[Attached]:
    """Return the policies that the template puts on *resource*, a queue, topic or bucket."""
    return attachments(view).get(resource.logical_id, [])


@dataclass(frozen=True, slots=True)
class Invoked:
    """A function by the name that somebody calls it by: with the qualifier of an alias or version, or ""."""

    function: Resource
    qualifier: str


def invoked(view: View, value: Any) -> Invoked | None:
    """Return the function that *value* (an ARN or a name, with or without qualifier) is, None for others."""
    if not isinstance(value, str):
        return None
    plain, _, qualifier = value.partition(":") if not value.startswith("arn:") else _cut(value)
    function = view.find(plain, FUNCTION)
    if function is None:
        other = view.find(value, ALIAS, VERSION)
        return None if other is None else invoked(view, view.arn(other))
    return Invoked(function, "" if qualifier == "$LATEST" else qualifier)


def _cut(arn: str) -> tuple[str, str, str]:
    parts = arn.split(":")
    return ":".join(parts[:7]), ":", ":".join(parts[7:8])


def permissions_of(view: View, called: Invoked) -> list[Resource]:
    """Return the AWS::Lambda::Permission resources of a function by that qualifier: each has its own."""
    return [
        one for one in view.of_type(PERMISSION) if invoked(view, one.properties.get("FunctionName")) == called
    ]


def permission_statement(one: Resource, arn: str) -> dict[str, Any]:
    """Return the statement that AddPermission makes of an AWS::Lambda::Permission."""
    given = one.properties
    principal = text(given.get("Principal"))
    conditions: dict[str, dict[str, Any]] = {}
    if given.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": given["SourceArn"]}
    if given.get("SourceAccount"):
        conditions["StringEquals"] = {"AWS:SourceAccount": str(given["SourceAccount"])}
    service = principal.endswith(".amazonaws.com")
    return {
        "Effect": "Allow",
        "Principal": {"Service" if service else "AWS": principal} if principal != "*" else "*",
        "Action": text(given.get("Action")) or "lambda:InvokeFunction",
        "Resource": arn,
        **({"Condition": conditions} if conditions else {}),
    }


def lets_in(
    documents: Iterable[Document], service: str, action: str, arn: str, source: str, account: str
) -> bool:
    """Return whether *documents*, the policies of the resource *arn*, let *service* in for *source*.

    A document that AWS would not take counts as one that lets in: another rule tells of it.
    """
    context = {"aws:SourceArn": source, "aws:SourceAccount": account, "aws:SourceOwner": account}
    context |= {"aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "true"}
    request = Request.of(Principal.service(service), action, arn, context, resource_account=account)
    statements: list[Statement] = []
    for document in documents:
        policy = readable(document)
        if policy is None:
            return True
        statements += policy.statements
    return evaluate_resource_policy(Policy(tuple(statements)), request).allowed


def readable(document: Document, kind: Kind = Kind.RESOURCE) -> Policy | None:
    """Return *document* compiled, None where AWS would not take it."""
    try:
        return parse(document, kind, lenient=True)
    except (MalformedPolicyError, AttributeError, TypeError, KeyError):
        return None


def statements_in(document: Document) -> list[Mapping[str, Any]]:
    """Return the statements of *document* as they are written."""
    return [each for each in listed(document.get("Statement")) if isinstance(each, Mapping)]


def names_everybody(statement: Mapping[str, Any]) -> bool:
    """Return whether *statement* allows everybody: Principal `*`, or `{"AWS": "*"}`."""
    principal = statement.get("Principal")
    named = listed(principal.get("AWS")) if isinstance(principal, Mapping) else [principal]
    return statement.get("Effect") == "Allow" and "*" in named


# Keys that bind a statement to somebody: S3 user guide, "The meaning of 'public'".
_BINDING = frozenset(
    """aws:principalarn aws:principalaccount aws:principalorgid aws:principalorgpaths aws:userid aws:username
    aws:sourcearn aws:sourceaccount aws:sourceowner aws:sourceorgid aws:sourceip aws:sourcevpc aws:sourcevpce
    aws:viaawsservice aws:calledvia kms:calleraccount kms:viaservice s3:dataaccesspointarn
    s3:dataaccesspointaccount s3:x-amz-server-side-encryption-aws-kms-key-id sns:endpoint sns:protocol
    aws:principaltype aws:principalserviceName aws:principalisawsservice""".lower().split()
)


def is_bound(statement: Mapping[str, Any]) -> bool:
    """Return whether a condition of *statement* leaves somebody out: it looks at who asks, or from where."""
    for operator, keys in members(statement.get("Condition")).items():
        if "not" in operator.lower() and "null" not in operator.lower():
            continue
        for key, values in members(keys).items():
            if key.lower() in _BINDING and "*" not in [str(each) for each in listed(values)]:
                return True
    return False


# -- roles -----


@dataclass(frozen=True, slots=True)
class Held:
    """The policies of a role. `whole` is False where a policy of it is nowhere to be read."""

    attached: tuple[Attached, ...]
    managed: tuple[str, ...]
    whole: bool
    boundary: tuple[Attached, ...] | None = None


@per_view
def _held_by_role(view: View) -> dict[str, Held]:
    return {}


def held(view: View, role: Resource) -> Held:
    """Return what *role* holds: inline, of the template's own policies, and AWS's managed ones."""
    known = _held_by_role(view)
    if role.logical_id not in known:
        known[role.logical_id] = _held(view, role)
    return known[role.logical_id]


def _held(view: View, role: Resource) -> Held:
    found = [
        Attached(
            members(members(each).get("PolicyDocument")),
            role,
            f"Policies[{at}]",
            text(members(each).get("PolicyName")),
        )
        for at, each in enumerate(listed(role.properties.get("Policies")))
    ]
    found += list(_beside(view, role))
    arns = tuple(text(each) for each in listed(role.properties.get("ManagedPolicyArns")))
    whole = True
    for at, arn in enumerate(arns):
        one = _managed(view, role, arn, f"ManagedPolicyArns[{at}]")
        whole = whole and one is not None
        found += [one] if one is not None else []
    boundary = None
    if limit := text(role.properties.get("PermissionsBoundary")):
        one = _managed(view, role, limit, "PermissionsBoundary")
        whole = whole and one is not None
        boundary = (one,) if one is not None else ()
    return Held(tuple(found), arns, whole, boundary)


def _beside(view: View, role: Resource) -> Iterator[Attached]:
    """Yield the policies that resources of their own put on *role*."""
    for one in view.of_type("AWS::IAM::Policy", MANAGED_POLICY, "AWS::IAM::RolePolicy"):
        named = [*listed(one.properties.get("Roles")), *listed(one.properties.get("RoleName"))]
        if any(view.find(each, ROLE) == role for each in named):
            yield Attached(
                members(one.properties.get("PolicyDocument")), one, "PolicyDocument", view.name(one)
            )


def _managed(view: View, role: Resource, arn: str, path: str) -> Attached | None:
    """Return the managed policy *arn*, the template's own or AWS's; None for any other."""
    own = view.find(arn, MANAGED_POLICY)
    if own is not None:
        document = members(own.properties.get("PolicyDocument"))
        return Attached(document, own, "PolicyDocument", view.name(own))
    known = managed_policies().find(arn) if is_aws_managed(arn) else None
    return None if known is None else Attached(members(known.document), role, path, known.name)


def may(view: View, role: Resource, action: str, arn: str, *, by: Iterable[Document] = ()) -> bool | None:
    """Return whether *role* may do *action* on *arn*; None where the template does not decide it.

    *by* are the policies of the resource. What a condition decides is not known here.
    """
    of_role = held(view, role)
    policies = [readable(each.document, Kind.IDENTITY) for each in of_role.attached]
    resource = [readable(each) for each in by]
    if not of_role.whole or None in policies or None in resource:
        return None
    identity = tuple(each for each in policies if each is not None)
    own = Policy(tuple(s for each in resource if each is not None for s in each.statements))
    limits = of_role.boundary
    boundary = None if limits is None else tuple(filter(None, (readable(each.document) for each in limits)))
    who = Principal.named(view.arn(role), account=view.account)
    request = Request.of(who, action, arn, resource_account=view.account)
    allowed = authorize(PolicySet(identity, own if own.statements else None, boundary), request).allowed
    conditional = any(s.conditions for each in (*identity, own) for s in each.about(action))
    return None if conditional and not allowed else allowed


def grants(view: View, role: Resource, action: str) -> bool | None:
    """Return whether *role* is allowed *action* on anything at all; None where nobody can say."""
    of_role = held(view, role)
    policies = [readable(each.document, Kind.IDENTITY) for each in of_role.attached]
    if any(each is not None and any(s.allows for s in each.about(action)) for each in policies):
        return True
    return None if None in policies or not of_role.whole else False


def trusts(role: Resource, service: str) -> bool | None:
    """Return whether *role* lets *service* assume it; None where its trust policy cannot be read."""
    policy = readable(members(role.properties.get("AssumeRolePolicyDocument")), Kind.TRUST)
    if policy is None:
        return None
    who = Principal.service(service)
    named = [each for each in policy.about("sts:AssumeRole") if each.allows and each.grant(who)]
    return bool(named)
