"""AWS::S3: buckets and their policies; and objects, which only Terraform's language has."""

from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Refused, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import arguments_of, as_text, document
from harness.stacks.types.bucket_settings import SETTINGS, Setting

# What S3 answers where a setting was never made.
_NEVER = (
    "NoSuchConfiguration",
    "NoSuchTagSet",
    "NoSuchLifecycleConfiguration",
    "NoSuchCORSConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchWebsiteConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
    "OwnershipControlsNotFoundError",
    "ReplicationConfigurationNotFoundError",
    "MethodNotAllowed",
    "NotImplemented",
)


# Taken, and not kept by any emulator in a way that something could come of.
_UNUSED = frozenset(
    {
        "AccessControl",
        "AccelerateConfiguration",
        "AnalyticsConfigurations",
        "IntelligentTieringConfigurations",
        "InventoryConfigurations",
        "LoggingConfiguration",
        "MetricsConfigurations",
        "ObjectLockConfiguration",
        "ObjectLockEnabled",
        "ReplicationConfiguration",
    }
)


def _make(where: Surroundings, properties: Properties) -> Made:
    name = properties["BucketName"]
    given: dict[str, Any] = {}
    if where.region != "us-east-1":
        given["CreateBucketConfiguration"] = {"LocationConstraint": where.region}
    try:
        where.call("s3", "head_bucket", Bucket=name)
    except Refused as refused:
        if not refused.says_gone:
            raise
    else:  # us-east-1 would answer 200 to who makes his own again
        raise Refused("BucketAlreadyOwnedByYou", f"{name} already exists")
    where.call("s3", "create_bucket", Bucket=name, **given)
    with known_as(name):
        _settle(where, name, {}, properties)
    return Made(name)


def _settle(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    """Bring the settings of a bucket from those of *before* to those of *after*."""
    for setting in SETTINGS:
        had, wanted = before.get(setting.name), after.get(setting.name)
        if had == wanted:
            continue
        if wanted is None and setting.drop:
            where.call("s3", setting.drop, Bucket=name)
            continue
        value = setting.nothing if wanted is None else setting.sent(wanted)
        arguments = arguments_of(where.clients("s3"), setting.put, {setting.argument: value})
        where.call("s3", setting.put, Bucket=name, **arguments)


def _read(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    if gone_is_fine(lambda: where.call("s3", "head_bucket", Bucket=name)) is None:
        return None
    found: dict[str, Any] = {"BucketName": name}
    for setting in SETTINGS:
        value = _setting(where, name, setting)
        if value is not None:
            found[setting.name] = value
    domain = f"{name}.s3.amazonaws.com"
    regional = f"{name}.s3.{where.region}.amazonaws.com"
    attributes = {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": domain,
        "RegionalDomainName": regional,
        "DualStackDomainName": f"{name}.s3.dualstack.{where.region}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{where.region}.amazonaws.com",
    }
    return Seen(found, attributes)


def _setting(where: Surroundings, name: str, setting: Setting) -> Any:
    try:
        answer = where.call("s3", setting.get, Bucket=name)
    except Refused as refused:
        if refused.code in _NEVER or refused.says_gone:
            return None
        raise
    return setting.told(answer)


def _change(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    _settle(where, name, before, after)


def _remove(where: Surroundings, name: str, _properties: Properties) -> None:
    """CloudFormation does not delete a bucket with objects in it, and says so."""
    gone_is_fine(lambda: where.call("s3", "delete_bucket", Bucket=name))


def _listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for bucket in where.call("s3", "list_buckets").get("Buckets") or ():
        yield bucket["Name"], {}


# -- policies -----


def _put_policy(where: Surroundings, properties: Properties) -> Made:
    text = as_text(properties["PolicyDocument"])
    where.call("s3", "put_bucket_policy", Bucket=properties["Bucket"], Policy=text)
    return Made(str(properties["Bucket"]))


def _read_policy(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("s3", "get_bucket_policy", Bucket=name))
    if answer is None:
        return None
    return Seen({"Bucket": name, "PolicyDocument": document(answer["Policy"])})


def _change_policy(where: Surroundings, _name: str, _before: Properties, after: Properties) -> None:
    _put_policy(where, after)


def _remove_policy(where: Surroundings, name: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("s3", "delete_bucket_policy", Bucket=name))


def _listed_policies(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for name, _ in _listed(where):
        if _read_policy(where, name, {}) is not None:
            yield name, {}


# -- objects -----


def _put_object(where: Surroundings, properties: Properties) -> Made:
    given = {"ContentType": properties["ContentType"]} if properties.get("ContentType") else {}
    body = properties.get("Body", properties.get("Content", ""))
    body = body if isinstance(body, bytes) else str(body).encode()
    where.call("s3", "put_object", Bucket=properties["Bucket"], Key=properties["Key"], Body=body, **given)
    return Made(str(properties["Key"]))


def _read_object(where: Surroundings, key: str, properties: Properties) -> Seen | None:
    bucket = properties["Bucket"]
    answer = gone_is_fine(lambda: where.call("s3", "head_object", Bucket=bucket, Key=key))
    if answer is None:
        return None
    etag = answer["ETag"].strip('"')
    return Seen({"Bucket": bucket, "Key": key}, {"ETag": etag, "Arn": f"arn:aws:s3:::{bucket}/{key}"})


def _change_object(where: Surroundings, _key: str, _before: Properties, after: Properties) -> None:
    _put_object(where, after)


def _remove_object(where: Surroundings, key: str, properties: Properties) -> None:
    gone_is_fine(lambda: where.call("s3", "delete_object", Bucket=properties["Bucket"], Key=key))


KINDS = (
    Kind("AWS::S3::Bucket", "s3", _make, _read, _remove, _change, listed=_listed, unused=_UNUSED),
    Kind(
        "AWS::S3::BucketPolicy",
        "s3",
        _put_policy,
        _read_policy,
        _remove_policy,
        _change_policy,
        listed=_listed_policies,
        twins=("Bucket",),
    ),
    Kind(
        "Terraform::S3::Object",
        "s3",
        _put_object,
        _read_object,
        _remove_object,
        _change_object,
        twins=("Bucket", "Key"),
    ),
)
