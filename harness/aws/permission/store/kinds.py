"""Which resources have policies, and what one is kept under: the key of a resource's ARN.

Service Authorization Reference and the IAM user guide's "AWS services that work with IAM" (column
"Resource-based policies"). A key begins with the service, so that a change can name many at once.
"""

from collections.abc import Callable, Mapping

Key = tuple[str, ...]

_WILD = frozenset("*?")


def key_of(arn: str) -> Key | None:
    """Return what the policy of the resource *arn* is kept under, None where it is of a kind without one.

    An object has its bucket's policy, an item of a catalog the catalog's, a log group its account's. A role
    has its trust policy.
    """
    parts = arn.split(":", 5)
    if len(parts) < 6 or not _WILD.isdisjoint(_named(parts)):
        return None
    find = _KINDS.get(parts[2])
    return find(parts[3], parts[4], parts[5]) if find is not None else None


def _named(parts: list[str]) -> str:
    """Return the part of an ARN that must name one thing: an S3 object's key may hold any character."""
    if parts[2] in ("glue", "logs"):  # one policy, or some, for the whole account
        return ""
    return parts[5].partition("/")[0] if parts[2] in ("s3", "execute-api") else parts[5]


def _bucket(region: str, account: str, name: str) -> Key | None:
    # An ARN with a region is of an access point, whose policies are not read.
    bucket = name.partition("/")[0]
    return None if region or account or not bucket else ("s3", bucket)


def _topic(region: str, account: str, name: str) -> Key:
    return ("sns", name.partition(":")[0], region, account)


def _function(region: str, account: str, name: str) -> Key | None:
    kind, _, rest = name.partition(":")
    bare, _, qualifier = rest.partition(":")
    if kind not in ("function", "layer") or not bare:
        return None
    # $LATEST has the policy of the function itself (Lambda developer guide, "Resource-based policies").
    return (
        "lambda",
        bare,
        region,
        account,
        kind,
        "" if kind == "function" and qualifier == "$LATEST" else qualifier,
    )


def _role(_region: str, account: str, name: str) -> Key | None:
    kind, _, path = name.partition("/")
    return ("role", path.rpartition("/")[2], account) if kind == "role" and path else None


def _table(region: str, account: str, name: str) -> Key | None:
    kind, _, rest = name.partition("/")
    table, _, inside = rest.partition("/")
    if kind != "table" or not table:
        return None
    # An index is covered by its table's policy; a stream has its own (DynamoDB developer guide).
    own = f"{table}/{inside}" if inside.startswith("stream/") else table
    return ("dynamodb", own, region, account)


def _under(service: str, prefix: str) -> Callable[[str, str, str], Key | None]:
    def find(region: str, account: str, name: str) -> Key | None:
        rest = name.removeprefix(prefix)
        return (service, rest, region, account) if rest and rest != name else None

    return find


def _whole(service: str) -> Callable[[str, str, str], Key]:
    return lambda region, account, _name: (service, "", region, account)


def _key(region: str, account: str, name: str) -> Key | None:
    return ("kms", name, region, account) if name.startswith(("key/", "alias/")) else None


def _stream(region: str, account: str, name: str) -> Key | None:
    kind, _, rest = name.partition("/")
    return ("kinesis", rest.partition("/")[0], region, account) if kind == "stream" and rest else None


def _domain(region: str, account: str, name: str) -> Key | None:
    kind, _, rest = name.partition("/")
    return ("es", rest.partition("/")[0], region, account) if kind == "domain" and rest else None


_KINDS: Mapping[str, Callable[[str, str, str], Key | None]] = {
    "dynamodb": _table,
    "ecr": _under("ecr", "repository/"),
    "elasticfilesystem": _under("elasticfilesystem", "file-system/"),
    "es": _domain,
    "events": _under("events", "event-bus/"),
    "execute-api": lambda region, account, name: ("apigateway", name.partition("/")[0], region, account),
    "glue": _whole("glue"),
    "iam": _role,
    "kinesis": _stream,
    "kms": _key,
    "lambda": _function,
    "logs": _whole("logs"),
    "s3": _bucket,
    "secretsmanager": _under("secretsmanager", "secret:"),
    "sns": _topic,
    "sqs": lambda region, account, name: ("sqs", name, region, account),
}
