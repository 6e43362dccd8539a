"""What a service's members have to be turned into before ARNs and condition keys can be read from them.

Queue URLs, function names in their forms, sources of copies, statements of PartiQL. Each function returns
further members; those of the call itself are never changed.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from harness.iam.actions.dynamodb import dynamodb
from harness.iam.actions.members import Members, values
from harness.iam.actions.need import Place

Prepare = Callable[[str, Members, Place], Mapping[str, Any]]

_ACCOUNT = re.compile(r"[0-9]{12}")


def prepared(prefix: str, operation: str, members: Members, place: Place) -> Members:
    """Return *members* with what the tables of *prefix* ask for beside them."""
    prepare = _BY_PREFIX.get(prefix)
    return members if prepare is None else {**members, **prepare(operation, members, place)}


def _text(members: Members, name: str) -> str:
    found = members.get(name)
    return found if isinstance(found, str) else ""


# -- sqs ------


def queue_arn(url: str, place: Place) -> str:
    """Return the ARN of the queue at *url*, whose last two parts are account and name; a name does too."""
    account, _, name = url.rstrip("/").rpartition("/")
    account = account.rpartition("/")[2]
    owner = account if _ACCOUNT.fullmatch(account) else place.account
    return f"arn:{place.partition}:sqs:{place.region}:{owner}:{name}"


def _sqs(operation: str, members: Members, place: Place) -> Mapping[str, Any]:
    url, name = _text(members, "QueueUrl"), _text(members, "QueueName")
    if url:
        return {"QueueArn": queue_arn(url, place)}
    if name and operation == "GetQueueUrl":
        owner = _text(members, "QueueOwnerAWSAccountId") or place.account
        return {"QueueArn": f"arn:{place.partition}:sqs:{place.region}:{owner}:{name}"}
    task = re.search(r"arn:[^\s\"]+", _decoded(_text(members, "TaskHandle")))
    return {"QueueArn": task[0]} if task else {}


def _decoded(handle: str) -> str:
    """Return what a message move task's handle holds: base64 of JSON that names the source queue's ARN."""
    import base64
    import binascii

    try:
        return base64.b64decode(handle).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


# -- sns ------


def _sns(_operation: str, members: Members, _place: Place) -> Mapping[str, Any]:
    """A subscription's ARN is its topic's with an id behind (SNS API reference, Subscribe)."""
    subscription = _text(members, "SubscriptionArn")
    return {"SubscriptionTopicArn": subscription.rpartition(":")[0]} if subscription.count(":") > 5 else {}


# -- s3 ------


def _s3(_operation: str, members: Members, place: Place) -> Mapping[str, Any]:
    more: dict[str, Any] = {}
    bucket = _text(members, "Bucket")
    if bucket.startswith("arn:"):  # an access point stands where a bucket's name does
        more |= {"AccessPointName": bucket, "Bucket": ""}
    source = _text(members, "CopySource")
    if source:
        more |= _copy_source(source)
    if isinstance(members.get("Delete"), Mapping):
        more |= _deleted(members["Delete"])
    key = _text(members, "SSEKMSKeyId")
    if key:
        whole = (
            key
            if key.startswith("arn:")
            else f"arn:{place.partition}:kms:{place.region}:{place.account}:key/{key}"
        )
        more["SSEKMSKeyArn"] = whole
    return more


def _copy_source(source: str) -> dict[str, Any]:
    path, _, query = source.partition("?")
    path = unquote(path).lstrip("/")
    bucket, _, key = path.partition("/")
    if path.startswith("arn:"):  # arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME/object/KEY
        bucket, _, key = path.partition("/object/")
    version = query.partition("versionId=")[2].partition("&")[0]
    return {"CopySourceBucket": bucket, "CopySourceKey": key, "CopySourceVersionId": unquote(version)}


def _deleted(delete: Mapping[str, Any]) -> dict[str, Any]:
    objects = delete.get("Objects")
    found = [each for each in objects if isinstance(each, Mapping)] if isinstance(objects, list) else []
    versions = {str(each["VersionId"]) for each in found if each.get("VersionId")}
    return {
        "OnlyVersionId": next(iter(versions)) if len(versions) == 1 else "",
        "CurrentKeys": [each.get("Key", "") for each in found if not each.get("VersionId")],
        "VersionKeys": [each.get("Key", "") for each in found if each.get("VersionId")],
    }


# -- lambda ------


def _lambda(_operation: str, members: Members, place: Place) -> Mapping[str, Any]:
    """A function goes by its name, `account:function:name` or its ARN, with a qualifier or without."""
    name = _text(members, "FunctionName")
    if not name:
        return {}
    qualifier = _text(members, "Qualifier")
    if not name.startswith("arn:"):
        owner, found, rest = name.partition(":function:")
        account, rest = (owner, rest) if found else (place.account, name)
        name = f"arn:{place.partition}:lambda:{place.region}:{account}:function:{rest}"
    qualified = name.count(":") > 6
    return {"FunctionArn": f"{name}:{qualifier}" if qualifier and not qualified else name}


# -- events ------


def _events(operation: str, members: Members, _place: Place) -> Mapping[str, Any]:
    more: dict[str, Any] = {}
    bus = _text(members, "EventBusName").rpartition("/")[2]
    if operation in _ABOUT_RULES:
        more["EventBusName"] = "" if bus == "default" else bus
    entries = members.get("Entries")
    if isinstance(entries, list):
        named = (each.get("EventBusName") or "default" for each in entries if isinstance(each, Mapping))
        more["EventBuses"] = [str(each).rpartition("/")[2] for each in named]
    pattern = _json(_text(members, "EventPattern"))
    more["PatternSources"] = values(pattern, "source")
    more["PatternDetailTypes"] = values(pattern, "detail-type")
    return more


_ABOUT_RULES = frozenset(
    ("PutRule", "DeleteRule", "DescribeRule", "EnableRule", "DisableRule", "PutTargets", "RemoveTargets")
) | {"ListTargetsByRule"}


def _json(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}


# -- logs, iam, kms, ec2, sagemaker, ssm ------


def _logs(operation: str, members: Members, _place: Place) -> Mapping[str, Any]:
    """A log group's ARN may end in `:*`, which is no part of its name."""
    found = _text(members, "logGroupIdentifier")
    return {"logGroupIdentifier": found.removesuffix(":*")} if found else {}


def _iam(operation: str, members: Members, place: Place) -> Mapping[str, Any]:
    """What is created under a path has it in its ARN (IAM user guide, "IAM identifiers")."""
    path = _text(members, "Path").strip("/")
    more: dict[str, Any] = {}
    if path and operation.startswith("Create"):
        for name in ("RoleName", "UserName", "GroupName", "PolicyName", "InstanceProfileName"):
            if members.get(name):
                more[name] = f"{path}/{members[name]}"
    if operation == "CreateServiceLinkedRole":
        service = _text(members, "AWSServiceName")
        more["RoleName"] = f"aws-service-role/{service}/*"
    if operation == "CreateOpenIDConnectProvider":
        more["Url"] = _text(members, "Url").partition("://")[2]
    if operation in ("CreatePolicy", "CreatePolicyVersion") or "PolicyName" not in members:
        return more
    return {**more, "PolicyName": ""}  # the name of an inline policy is no resource


def _kms(_operation: str, members: Members, _place: Place) -> Mapping[str, Any]:
    key = _text(members, "KeyId")
    alias = key[key.index("alias/") :] if "alias/" in key else ""
    more: dict[str, Any] = {"RequestAlias": alias} if alias else {}
    name = _text(members, "AliasName")
    return {**more, "AliasName": name.removeprefix("alias/")} if name else more


def _ec2(_operation: str, members: Members, _place: Place) -> Mapping[str, Any]:
    interface = "NetworkInterfaces[]."
    return {
        "AnySubnet": values(members, "SubnetId") or values(members, f"{interface}SubnetId"),
        "AnyGroup": values(members, "SecurityGroupIds") or values(members, f"{interface}Groups"),
    }


def _ecs(_operation: str, members: Members, _place: Place) -> Mapping[str, Any]:
    """A task definition is `family:revision`; a family alone is its latest revision."""
    family, colon, revision = _text(members, "taskDefinition").rpartition(":")
    given = colon and not family.startswith("arn:") and revision.isdecimal()
    return {"taskDefinition": family, "revision": revision} if given else {}


def _sagemaker(_operation: str, members: Members, place: Place) -> Mapping[str, Any]:
    head = f"arn:{place.partition}:sagemaker:{place.region}:{place.account}:model/"
    paths = ("ProductionVariants[].ModelName", "ShadowProductionVariants[].ModelName", "ModelName")
    models = [name for path in paths for name in values(members, path)]
    return {"ProductionVariantModelArns": [head + name for name in models]} if models else {}


_BY_PREFIX: Mapping[str, Prepare] = {
    "sqs": _sqs,
    "sns": _sns,
    "s3": _s3,
    "lambda": _lambda,
    "events": _events,
    "logs": _logs,
    "iam": _iam,
    "kms": _kms,
    "ec2": _ec2,
    "ecs": _ecs,
    "sagemaker": _sagemaker,
    "dynamodb": dynamodb,
}
