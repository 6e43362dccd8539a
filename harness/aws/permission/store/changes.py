"""What an answered call may have changed: the beginnings of the keys that are to be read again.

Pure. A call that is not understood changes more than it did, never less.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import orjson

from harness.aws.permission.store.kinds import Key
from harness.aws.query_form import decode
from harness.gateway.chain import Exchange

Changes = tuple[Key, ...]
NOTHING: Changes = ()
EVERYTHING: Changes = ((),)
IDENTITIES: Changes = (("role",), ("user",), ("group",))
ORGANISATION: Changes = (("scp",), ("rcp",))

_READS = ("Get", "List", "Describe", "Simulate", "Generate", "BatchGet", "Search", "Test")
# The operations of each service after which the policy of a resource may be another one; making and deleting
# the resource among them. Of S3 and Lambda the path says it.
_OPERATIONS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset({"PutResourcePolicy", "DeleteResourcePolicy", "CreateTable", "DeleteTable"}),
    "ecr": frozenset(
        {"SetRepositoryPolicy", "DeleteRepositoryPolicy", "CreateRepository", "DeleteRepository"}
    ),
    "events": frozenset(
        {"PutPermission", "RemovePermission", "CreateEventBus", "DeleteEventBus", "UpdateEventBus"}
    ),
    "glue": frozenset({"PutResourcePolicy", "DeleteResourcePolicy"}),
    "kinesis": frozenset({"PutResourcePolicy", "DeleteResourcePolicy", "CreateStream", "DeleteStream"}),
    "kms": frozenset(
        {"CreateKey", "PutKeyPolicy", "CreateAlias", "UpdateAlias", "DeleteAlias", "ReplicateKey"}
    ),
    "logs": frozenset({"PutResourcePolicy", "DeleteResourcePolicy"}),
    "secretsmanager": frozenset(
        {"PutResourcePolicy", "DeleteResourcePolicy", "CreateSecret", "DeleteSecret", "RestoreSecret"}
    ),
    "sns": frozenset(
        {"CreateTopic", "DeleteTopic", "SetTopicAttributes", "AddPermission", "RemovePermission"}
    ),
    "sqs": frozenset(
        {"CreateQueue", "DeleteQueue", "SetQueueAttributes", "AddPermission", "RemovePermission"}
    ),
}
_FORMS = frozenset({"GET", "POST"})  # the operation of a form that nobody has named yet
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)")
_BUCKET_CHANGES = frozenset({"policy", "publicAccessBlock"})
_FUNCTION = re.compile(r"/[0-9-]{10}/(?:functions|layers)(?:/([^/]+)(/.*)?)?/?")


def changed(exchange: Exchange) -> Changes:
    """Return the beginnings of the keys whose policies *exchange* may have changed; () for nothing.

    A call that was refused (4xx) has changed nothing. The body is looked into where it was read.
    """
    find = _FINDERS.get(exchange.service)
    if find is None or 400 <= exchange.status < 500:
        return NOTHING
    return find(exchange)


def is_stack_call(exchange: Exchange) -> bool:
    """Return whether *exchange* may have begun to make, change or delete a stack, which goes on after it."""
    if exchange.service not in ("cloudformation", "cloudcontrolapi") or 400 <= exchange.status < 500:
        return False
    return not _operation(exchange).startswith(_READS)


def _operation(exchange: Exchange) -> str:
    """Return the operation, from a form's body where the head does not name it; "" where nothing does."""
    if exchange.operation not in _FORMS:
        return exchange.operation
    found = _ACTION.search(exchange.body) or _ACTION.search(exchange.query.encode())
    return found[1].decode() if found else ""


def _fields(exchange: Exchange) -> dict[str, str]:
    return decode(exchange.body or exchange.query.encode())


def _iam(exchange: Exchange) -> Changes:
    operation = _operation(exchange)
    if operation.startswith(_READS):
        return NOTHING
    fields = _fields(exchange) if operation else {}
    if "PolicyVersion" in operation or operation in ("DeletePolicy", "SetDefaultPolicyVersion"):
        arn = fields.get("PolicyArn")
        return (("managed", arn) if arn else ("managed",), *IDENTITIES)
    if operation == "CreatePolicy":
        return (("managed",), *IDENTITIES)  # one that is attached may have been missing until now
    if "RoleName" in fields and "User" not in operation:
        return (("role", fields["RoleName"]),)
    if "UserName" in fields:
        names = {fields["UserName"], fields.get("NewUserName", fields["UserName"])}
        return tuple(("user", name) for name in sorted(names))
    if "GroupName" in fields:
        return (("user",), ("group", fields["GroupName"]))
    return (*IDENTITIES, ("managed",)) if not fields or not _known_harmless(operation) else NOTHING


def _known_harmless(operation: str) -> bool:
    """Whether a call that names no identity is about what holds no permission."""
    about = ("AccessKey", "InstanceProfile", "MFADevice", "Certificate", "Provider", "Alias", "SSHPublicKey")
    return any(word in operation for word in about)


def _by_operation(exchange: Exchange) -> Changes:
    operation = _operation(exchange)
    if operation and operation not in _OPERATIONS[exchange.service]:
        return NOTHING
    return ((exchange.service,),)


def _sqs(exchange: Exchange) -> Changes:
    operation = _operation(exchange)
    if operation and operation not in _OPERATIONS["sqs"]:
        return NOTHING
    name = queue_name(exchange)
    return (("sqs", name) if name else ("sqs",),)


def queue_name(exchange: Exchange) -> str:
    """Return the name of the queue that a call of SQS is about, "" where it does not say."""
    given: Mapping[str, object]
    if exchange.header(b"x-amz-target") is not None:
        try:
            value = orjson.loads(exchange.body)
        except orjson.JSONDecodeError:
            return ""
        given = value if isinstance(value, dict) else {}
    else:
        given = _fields(exchange)
    url = str(given.get("QueueUrl") or "") or (exchange.path if "QueueName" not in given else "")
    return str(given.get("QueueName") or url.partition("?")[0].rpartition("/")[2])


def _s3(exchange: Exchange) -> Changes:
    if exchange.method not in ("PUT", "DELETE", "POST"):
        return NOTHING
    bucket, _, key = unquote(exchange.path.lstrip("/")).partition("/")
    asked = {part.partition("=")[0] for part in exchange.query.split("&")} if exchange.query else set()
    if exchange.path.startswith("/v20180820/"):  # S3 Control signs as S3 does
        return (("s3",),)
    if _BUCKET_CHANGES & asked:
        # Without a bucket in the path it stands in the host name.
        return (("s3", bucket) if bucket and not key else ("s3",),)
    if key or exchange.method == "POST" or asked - {"x-id"}:
        return NOTHING
    return (("s3", bucket) if bucket else ("s3",),)


def _lambda(exchange: Exchange) -> Changes:
    if exchange.method == "GET":
        return NOTHING
    found = _FUNCTION.fullmatch(exchange.path)
    if found is None:
        return NOTHING
    name, rest = unquote(found[1] or ""), found[2] or ""
    if rest and not rest.startswith(("/policy", "/aliases", "/versions")):
        return NOTHING  # an invocation, its code
    bare = (name.partition("function:")[2] or name).partition(":")[0]
    return (("lambda", bare) if bare else ("lambda",),)


def _rest(key: str) -> Callable[[Exchange], Changes]:
    return lambda exchange: NOTHING if exchange.method == "GET" else ((key,),)


def _organisation(exchange: Exchange) -> Changes:
    return NOTHING if _operation(exchange).startswith(_READS) else ORGANISATION


def _stack(_exchange: Exchange) -> Changes:
    """A stack makes anything, and goes on after the call; who asks how far it is learns what it made."""
    return EVERYTHING


_FINDERS: Mapping[str, Callable[[Exchange], Changes]] = {
    **dict.fromkeys(_OPERATIONS, _by_operation),
    "sqs": _sqs,
    "iam": _iam,
    "s3": _s3,
    "lambda": _lambda,
    "apigateway": _rest("apigateway"),
    "elasticfilesystem": _rest("elasticfilesystem"),
    "es": _rest("es"),
    "organizations": _organisation,
    "cloudformation": _stack,
    "cloudcontrolapi": _stack,
}
