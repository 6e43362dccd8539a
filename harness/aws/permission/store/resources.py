"""The policy of a resource, as the backend has it now.

Every reader returns the texts of the policies, none where the resource has none or does not exist.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from harness.aws.permission.store.kinds import Key
from harness.aws.permission.store.root import RootCalls, refused
from harness.aws.permission.store.xml import value_of
from harness.errors import BackendError
from harness.gateway.fetch import FetchReply

Texts = tuple[str, ...]
NONE: Texts = ()
FUNCTIONS, LAYERS = "/2015-03-31/functions", "/2018-10-31/layers"


# Emulators answer these with an error of their own (500) where they do not keep the thing: no policy then.
SELDOM = frozenset({"apigateway", "elasticfilesystem", "es", "kinesis"})


class UnreadableError(Exception):
    """Not even the account's root may read the policy, so it denies everybody."""


@dataclass(frozen=True, slots=True)
class Question:
    """The call of a JSON service that tells a policy: how it names the resource, and where the text is."""

    operation: str
    given: Callable[[str, str, str, str], Mapping[str, Any]]  # name, region, account, the whole ARN
    member: str
    arn: str  # of the resource, with {region}, {account} and {name}
    of_entry: str = ""  # the answer is a list called `member` of maps with the text in this one


# API references of the services, the operation named.
QUESTIONS: Mapping[str, Question] = {
    "dynamodb": Question(
        "GetResourcePolicy",
        lambda _name, _region, _account, arn: {"ResourceArn": arn},
        "Policy",
        "arn:aws:dynamodb:{region}:{account}:table/{name}",
    ),
    "ecr": Question(
        "GetRepositoryPolicy",
        lambda name, _region, _account, _arn: {"repositoryName": name},
        "policyText",
        "arn:aws:ecr:{region}:{account}:repository/{name}",
    ),
    "events": Question(
        "DescribeEventBus",
        lambda name, _region, _account, _arn: {"Name": name},
        "Policy",
        "arn:aws:events:{region}:{account}:event-bus/{name}",
    ),
    "glue": Question("GetResourcePolicy", lambda *_: {}, "PolicyInJson", ""),
    "kinesis": Question(
        "GetResourcePolicy",
        lambda _name, _region, _account, arn: {"ResourceARN": arn},
        "Policy",
        "arn:aws:kinesis:{region}:{account}:stream/{name}",
    ),
    "logs": Question("DescribeResourcePolicies", lambda *_: {}, "resourcePolicies", "", "policyDocument"),
    "secretsmanager": Question(
        "GetResourcePolicy",
        lambda _name, _region, _account, arn: {"SecretId": arn},
        "ResourcePolicy",
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    ),
}


class Resources:
    """Reads the policies of resources; `read` may raise UnreadableError and BackendError."""

    def __init__(self, root: RootCalls) -> None:
        self._root = root
        self._readers: Mapping[str, Callable[[Key], Awaitable[Texts]]] = {
            "apigateway": self._api,
            "elasticfilesystem": self._file_system,
            "es": self._domain,
            "kms": self._key,
            "lambda": self._function,
            "s3": self._bucket,
            "sns": self._topic,
            "sqs": self._queue,
        }

    async def read(self, key: Key) -> Texts:
        """Return the texts of the policies that are kept under *key*."""
        reader = self._readers.get(key[0])
        return await (reader(key) if reader is not None else self._asked(key))

    async def _asked(self, key: Key) -> Texts:
        service, name, region, account = key
        question = QUESTIONS[service]
        arn = question.arn.format(region=region, account=account, name=name)
        given = question.given(name, region, account, arn)
        answer = await self._root.json(service, question.operation, given, account=account, region=region)
        found = _found(answer, service, question.operation).get(question.member)
        repair = _REPAIRS.get(service)
        if repair is not None:
            return tuple(_repaired(each, repair) for each in _text(found))
        if question.of_entry:
            return tuple(str(each[question.of_entry]) for each in found or () if each.get(question.of_entry))
        return _text(found)

    async def _queue(self, key: Key) -> Texts:
        _, name, region, account = key
        given = {"QueueUrl": self._root.queue_url(account, name), "AttributeNames": ["Policy", "QueueArn"]}
        answer = await self._root.json("sqs", "GetQueueAttributes", given, account=account, region=region)
        found = _found(answer, "sqs", "GetQueueAttributes").get("Attributes") or {}
        arn = f"arn:aws:sqs:{region}:{account}:{name}"
        return _text(found.get("Policy")) if found.get("QueueArn", arn) == arn else NONE

    async def _topic(self, key: Key) -> Texts:
        _, name, region, account = key
        arn = f"arn:aws:sns:{region}:{account}:{name}"
        answer = await self._root.query("sns", "GetTopicAttributes", account, TopicArn=arn)
        if not _there(answer, "sns", "GetTopicAttributes"):
            return NONE
        result = value_of(answer.body).get("GetTopicAttributesResult") or {}
        return _text((result.get("Attributes") or {}).get("Policy"))

    async def _bucket(self, key: Key) -> Texts:
        answer = await self._root.get("s3", f"/{quote(key[1])}?policy")
        if not _there(answer, "s3", "GetBucketPolicy"):
            return NONE
        text = answer.body.decode("utf-8", "replace").strip()
        return _text(text)

    async def _function(self, key: Key) -> Texts:
        _, name, region, account, kind, qualifier = key
        if kind == "layer":
            path = f"{LAYERS}/{quote(name)}/versions/{quote(qualifier)}/policy"
        else:
            asked = f"?Qualifier={quote(qualifier)}" if qualifier else ""
            path = f"{FUNCTIONS}/{quote(name)}/policy{asked}"
        answer = await self._root.get("lambda", path, account=account, region=region)
        return _text(_found(answer, "lambda", "GetPolicy").get("Policy"))

    async def _key(self, key: Key) -> Texts:
        _, name, region, account = key
        at = {"account": account, "region": region}
        identity = name.removeprefix("key/")
        if name.startswith("alias/"):  # GetKeyPolicy takes no alias
            answer = await self._root.json("kms", "DescribeKey", {"KeyId": name}, **at)
            metadata = _found(answer, "kms", "DescribeKey").get("KeyMetadata") or {}
            identity = str(metadata.get("KeyId") or "")
            if not identity:
                return NONE
        given = {"KeyId": identity, "PolicyName": "default"}
        answer = await self._root.json("kms", "GetKeyPolicy", given, **at)
        return _text(_found(answer, "kms", "GetKeyPolicy").get("Policy"))

    async def _api(self, key: Key) -> Texts:
        _, name, region, account = key
        answer = await self._root.get(
            "apigateway", f"/restapis/{quote(name)}", account=account, region=region
        )
        found = _found(answer, "apigateway", "GetRestApi").get("policy")
        # "a stringified JSON", its quotes escaped once more (API reference, RestApi).
        return _text(found.replace('\\"', '"') if isinstance(found, str) else found)

    async def _file_system(self, key: Key) -> Texts:
        _, name, region, account = key
        path = f"/2015-02-01/file-systems/{quote(name)}/policy"
        answer = await self._root.get("elasticfilesystem", path, account=account, region=region)
        return _text(_found(answer, "elasticfilesystem", "DescribeFileSystemPolicy").get("Policy"))

    async def _domain(self, key: Key) -> Texts:
        _, name, region, account = key
        answer = await self._root.get(
            "es", f"/2021-01-01/opensearch/domain/{quote(name)}", account=account, region=region
        )
        status = _found(answer, "es", "DescribeDomain").get("DomainStatus") or {}
        return _text(status.get("AccessPolicies"))


def _found(answer: FetchReply, service: str, operation: str) -> dict[str, Any]:
    """Return the JSON object of *answer*, an empty one where nothing is there."""
    if not _there(answer, service, operation):
        return {}
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        raise BackendError(f"The backend sent no JSON but {answer.body[:80]!r}") from error
    return value if isinstance(value, dict) else {}


def _there(answer: FetchReply, service: str, operation: str) -> bool:
    """Return whether there is something to read; raise where the answer says neither.

    What the emulator does not store (501, or a 4xx for a call that it does not know) has no policy.
    """
    if answer.status == 200:
        return True
    if answer.status == 403 or b"AccessDenied" in answer.body:
        raise UnreadableError(f"{service}:{operation}")
    if 400 <= answer.status < 500 or answer.status == 501 or service in SELDOM:
        return False
    raise refused(answer, service, operation)


def _repaired(text: str, repair: Callable[[dict[str, Any]], None]) -> str:
    try:
        value = orjson.loads(text)
        given = value["Statement"]
        for each in given if isinstance(given, list) else [given]:
            repair(each)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return text  # malformed, which the parser will say
    return json.dumps(value)


def _as_permission(statement: dict[str, Any]) -> None:
    """Write what PutPermission was given as EventBridge does; MiniStack 1.5.33 keeps it as it came."""
    principal, condition = statement.get("Principal"), statement.get("Condition")
    if isinstance(principal, str) and principal != "*":
        statement["Principal"] = {"AWS": principal}
    if isinstance(condition, dict) and set(condition) == {"Type", "Key", "Value"}:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}


_REPAIRS: Mapping[str, Callable[[dict[str, Any]], None]] = {"events": _as_permission}


def _text(found: Any) -> Texts:
    if not found or found in ("{}", "null"):
        return NONE
    return (found if isinstance(found, str) else json.dumps(found),)
