"""Policies that clients put are checked as AWS checks them, since the backends let much pass.

IAM answers MalformedPolicyDocument, others their own codes (API references of the operations named below).
Also IAM's quotas of size (IAM user guide, "IAM and AWS STS quotas"), and policies that are attached and do
not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import orjson

from harness.aws.permission.store.store import PolicyStore
from harness.aws.query_form import LIMIT_BYTES, decode
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.gateway.error_shapes import error_reply, is_query
from harness.iam import Kind, MalformedPolicyError, parse
from harness.refusal import AwsError

_TOO_LONG = Reply(413, b"The request is too long.")

# IAM: which field holds a document, and of which kind.
DOCUMENTS: Mapping[str, tuple[str, Kind]] = {
    "CreatePolicy": ("PolicyDocument", Kind.IDENTITY),
    "CreatePolicyVersion": ("PolicyDocument", Kind.IDENTITY),
    "CreateRole": ("AssumeRolePolicyDocument", Kind.TRUST),
    "PutGroupPolicy": ("PolicyDocument", Kind.IDENTITY),
    "PutRolePolicy": ("PolicyDocument", Kind.IDENTITY),
    "PutUserPolicy": ("PolicyDocument", Kind.IDENTITY),
    "UpdateAssumeRolePolicy": ("PolicyDocument", Kind.TRUST),
}
# IAM: which field names a managed policy that must exist, and the words for one that does not.
_ATTACHED = "Policy {} does not exist or is not attachable."
_SCOPE = "Scope ARN: {} does not exist or is not attachable."
REFERENCES: Mapping[str, tuple[str, str]] = {
    "AttachGroupPolicy": ("PolicyArn", _ATTACHED),
    "AttachRolePolicy": ("PolicyArn", _ATTACHED),
    "AttachUserPolicy": ("PolicyArn", _ATTACHED),
    "CreateRole": ("PermissionsBoundary", _SCOPE),
    "CreateUser": ("PermissionsBoundary", _SCOPE),
    "PutRolePermissionsBoundary": ("PermissionsBoundary", _SCOPE),
    "PutUserPermissionsBoundary": ("PermissionsBoundary", _SCOPE),
}
# Characters without white space: all inline policies of one identity together; one managed policy; a trust
# policy at its default quota.
INLINE_LIMITS = {"Group": 5_120, "Role": 10_240, "User": 2_048}
MANAGED_LIMIT, TRUST_LIMIT = 6_144, 2_048
_OPERATIONS = frozenset(
    {*DOCUMENTS, *REFERENCES, "DeleteRolePolicy", "DeleteUserPolicy", "DeleteGroupPolicy"}
    | {"DeleteRole", "DeleteUser", "DeleteGroup"}
)


@dataclass(frozen=True, slots=True)
class Member:
    """Where a call of a JSON service has a policy, and the error for a malformed one."""

    name: str
    code: str
    message: str = "{}"
    kind: Kind = Kind.RESOURCE


_REPOSITORY = (
    "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"
)
MEMBERS: Mapping[tuple[str, str], Member] = {
    ("dynamodb", "PutResourcePolicy"): Member("Policy", "ValidationException"),
    ("ecr", "SetRepositoryPolicy"): Member(
        "policyText", "InvalidParameterException", _REPOSITORY, Kind.REPOSITORY
    ),
    ("glue", "PutResourcePolicy"): Member("PolicyInJson", "InvalidInputException"),
    ("kinesis", "PutResourcePolicy"): Member("Policy", "InvalidArgumentException"),
    ("kms", "CreateKey"): Member("Policy", "MalformedPolicyDocumentException"),
    ("kms", "PutKeyPolicy"): Member("Policy", "MalformedPolicyDocumentException"),
    ("logs", "PutResourcePolicy"): Member("policyDocument", "InvalidParameterException"),
    ("secretsmanager", "PutResourcePolicy"): Member("ResourcePolicy", "MalformedPolicyDocumentException"),
}


class Submitted:
    """Refuses what AWS would; `handle` is its handler. What passes goes on along the chain."""

    def __init__(self, store: PolicyStore) -> None:
        self._store = store
        self._sizes: dict[tuple[str, str], dict[str, int]] = {}  # of inline policies, by whose they are
        self._of_iam = ReadBody(self._iam, LIMIT_BYTES, _TOO_LONG)
        self._of_topic = ReadBody(self._topic, LIMIT_BYTES, _TOO_LONG)
        self._of_bucket = ReadBody(self._bucket, LIMIT_BYTES, _TOO_LONG)
        self._of_member = ReadBody(self._member, LIMIT_BYTES, _TOO_LONG)

    def handle(self, exchange: Exchange) -> Outcome:
        """Read the body of *exchange* when it may put a policy."""
        service = exchange.service
        if service == "iam":
            return self._of_iam if is_query(exchange) else None
        if service == "s3":
            puts = exchange.method == "PUT" and exchange.query.partition("=")[0] == "policy"
            return self._of_bucket if puts else None
        if service == "sns":
            return self._of_topic if exchange.operation in _TOPIC_CALLS else None
        return self._of_member if (service, exchange.operation) in MEMBERS else None

    # -- IAM -----

    def _iam(self, exchange: Exchange) -> Outcome:
        form = exchange.body or exchange.query.encode()
        fields = decode(form)
        operation = fields.get("Action", "")
        if operation not in _OPERATIONS:
            return None
        field, kind = DOCUMENTS.get(operation, ("", Kind.IDENTITY))
        text = fields.get(field)
        if text is not None:
            try:
                parse(text, kind)
            except MalformedPolicyError as error:
                return _refuse(exchange, AwsError(error.code, 400, error.message))
            excess = self._excess(operation, fields, text)
            if excess:
                return _refuse(exchange, AwsError("LimitExceeded", 409, excess))
        self._note(operation, fields, text)
        name, words = REFERENCES.get(operation, ("", ""))
        arn = fields.get(name, "")
        return self._look_up(exchange, arn, words) if arn.startswith("arn:") else None

    async def _look_up(self, exchange: Exchange, arn: str, words: str) -> Outcome:
        if await self._store.managed(arn) is None:
            return _refuse(exchange, AwsError("NoSuchEntity", 404, words.format(arn)))
        return None

    def _excess(self, operation: str, fields: Mapping[str, str], text: str) -> str:
        """Return IAM's words where *text* is longer than its quota, else ""."""
        size = size_of(text)
        if operation.startswith("CreatePolicy"):
            return f"Cannot exceed quota for PolicySize: {MANAGED_LIMIT}" if size > MANAGED_LIMIT else ""
        if not operation.startswith("Put"):
            return f"Cannot exceed quota for ACLSizePerRole: {TRUST_LIMIT}" if size > TRUST_LIMIT else ""
        owner = operation[3:-6]
        name, limit = fields.get(f"{owner}Name", ""), INLINE_LIMITS[owner]
        others = self._sizes.get((owner, name), {})
        used = sum(each for policy, each in others.items() if policy != fields.get("PolicyName"))
        if used + size <= limit:
            return ""
        return f"Maximum policy size of {limit} bytes exceeded for {owner.lower()} {name}"

    def _note(self, operation: str, fields: Mapping[str, str], text: str | None) -> None:
        """Keep the sizes of inline policies: an identity's count together."""
        verb, owner = (
            operation[:3],
            operation.removeprefix("Put").removeprefix("Delete").removesuffix("Policy"),
        )
        key = (owner, fields.get(f"{owner}Name", ""))
        if owner not in INLINE_LIMITS:
            return
        if verb == "Put" and text is not None:
            self._sizes.setdefault(key, {})[fields.get("PolicyName", "")] = size_of(text)
        elif operation == f"Delete{owner}Policy":
            self._sizes.get(key, {}).pop(fields.get("PolicyName", ""), None)
        elif operation == f"Delete{owner}":
            self._sizes.pop(key, None)

    # -- resources -----

    def _bucket(self, exchange: Exchange) -> Outcome:
        bucket = exchange.path.lstrip("/").partition("/")[0]
        text = exchange.body.decode("utf-8", "replace")
        why = _bucket_fault(text, bucket)
        return _refuse(exchange, AwsError("MalformedPolicy", 400, why)) if why else None

    def _topic(self, exchange: Exchange) -> Outcome:
        fields = decode(exchange.body)
        texts = [fields.get("AttributeValue", "")] if fields.get("AttributeName") == "Policy" else []
        texts += [
            fields.get(name.removesuffix(".key") + ".value", "")
            for name, value in fields.items()
            if name.endswith(".key") and value == "Policy"
        ]
        for text in filter(None, texts):
            try:
                parse(text)
            except MalformedPolicyError:
                # SNS's words for any policy that it cannot read.
                error = AwsError("InvalidParameter", 400, "Invalid parameter: Policy Error: null")
                return _refuse(exchange, error)
        return None

    def _member(self, exchange: Exchange) -> Outcome:
        member = MEMBERS[exchange.service, exchange.operation]
        try:
            given = orjson.loads(exchange.body)
        except orjson.JSONDecodeError:
            return None  # the backend's to refuse
        text = given.get(member.name) if isinstance(given, dict) else None
        if not isinstance(text, str) or not text:
            return None
        try:
            parse(text, member.kind)
        except MalformedPolicyError as error:
            return _refuse(exchange, AwsError(member.code, 400, member.message.format(error.message)))
        return None


# In the query protocol the operation may not be known yet.
_TOPIC_CALLS = frozenset({"POST", "SetTopicAttributes", "CreateTopic"})


def size_of(document: str) -> int:
    """Return the characters of *document* without white space, which IAM does not count."""
    return sum(map(len, document.split()))


def _bucket_fault(text: str, bucket: str) -> str:
    """Return S3's words for what is wrong with a bucket policy, "" for nothing."""
    if not text.lstrip().startswith("{"):
        return "Policies must be valid JSON and the first byte must be '{'"
    try:
        value = orjson.loads(text)
        policy = parse(text)
    except orjson.JSONDecodeError:
        return "This policy contains invalid Json"
    except MalformedPolicyError as error:
        return error.message
    statements = value["Statement"] if isinstance(value["Statement"], list) else [value["Statement"]]
    for each in statements:
        resources = each.get("Resource", each.get("NotResource", []))
        for resource in resources if isinstance(resources, list) else [resources]:
            if not _may_mean(resource, bucket):
                return "Policy has invalid resource"
    return "" if policy.statements else "Missing required field Statement"


def _may_mean(resource: str, bucket: str) -> bool:
    """Return whether *resource* may be the bucket or something in it."""
    if resource == "*":
        return True
    _, found, name = resource.partition(":s3:::")
    named = name.partition("/")[0]
    return bool(found) and ("${" in named or fnmatchcase(bucket, named.replace("[", "[[]")))


def _refuse(exchange: Exchange, error: AwsError) -> Reply:
    exchange.error = f"{error.code}: {error.message}"
    return error_reply(exchange, error)
