"""AWS::KinesisFirehose and AWS::Kinesis: delivery streams and data streams."""

from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import Plain, gone_is_fine
from harness.stacks.shaping import arguments_of, as_tags, shown
from harness.stacks.tags import retag


def _delivery_ready(where: Surroundings, name: str, _properties: Properties) -> str | None:
    told = where.call("firehose", "describe_delivery_stream", DeliveryStreamName=name)
    status = told["DeliveryStreamDescription"]["DeliveryStreamStatus"]
    if status == "CREATING":
        return None
    return "" if status == "ACTIVE" else f"its status is {status}"


_DELIVERY = Plain(
    type="AWS::KinesisFirehose::DeliveryStream",
    service="firehose",
    create="create_delivery_stream",
    describe="describe_delivery_stream",
    delete="delete_delivery_stream",
    by="DeliveryStreamName",
    name="DeliveryStreamName",
    inside="DeliveryStreamDescription",
    attributes={"Arn": "DeliveryStreamARN"},
    tagging="firehose",
    tagged="key",
    ready=_delivery_ready,
)
# What of an S3 destination is told back under the name that a template gives it.
_S3 = (
    "BucketARN",
    "BufferingHints",
    "CompressionFormat",
    "ErrorOutputPrefix",
    "Prefix",
    "ProcessingConfiguration",
    "RoleARN",
    "S3BackupMode",
    "DynamicPartitioningConfiguration",
)


def _read_delivery(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    described = _DELIVERY.describe_it(where, name)
    if described is None:
        return None
    told = shown(*described)
    destination = (told.get("Destinations") or [{}])[0]
    extended = "S3DestinationConfiguration" not in properties
    key = "ExtendedS3DestinationDescription"
    found = destination.get(key) or destination.get("S3DestinationDescription")
    if found:
        kept = {one: found[one] for one in _S3 if found.get(one)}
        told["ExtendedS3DestinationConfiguration" if extended else "S3DestinationConfiguration"] = kept
    return _DELIVERY.seen(where, name, told)


def _change_delivery(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    told = where.call("firehose", "describe_delivery_stream", DeliveryStreamName=name)[
        "DeliveryStreamDescription"
    ]
    given: dict[str, Any] = {}
    for kind in ("ExtendedS3Destination", "S3Destination"):
        if before.get(f"{kind}Configuration") != after.get(f"{kind}Configuration"):
            given[f"{kind}Update"] = after[f"{kind}Configuration"]
    if given:
        arguments = arguments_of(where.clients("firehose"), "update_destination", given)
        where.call(
            "firehose",
            "update_destination",
            DeliveryStreamName=name,
            CurrentDeliveryStreamVersionId=told["VersionId"],
            DestinationId=told["Destinations"][0]["DestinationId"],
            **arguments,
        )
    retag(where, "firehose", name, before, after)


def _deliveries(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for name in where.call("firehose", "list_delivery_streams")["DeliveryStreamNames"]:
        yield name, {}


# -- data streams -----


def _stream_ready(where: Surroundings, name: str, _properties: Properties) -> str | None:
    told = where.call("kinesis", "describe_stream_summary", StreamName=name)["StreamDescriptionSummary"]
    return None if told["StreamStatus"] in ("CREATING", "UPDATING") else ""


_STREAM = Plain(
    type="AWS::Kinesis::Stream",
    service="kinesis",
    create="create_stream",
    describe="describe_stream_summary",
    delete="delete_stream",
    by="StreamName",
    name="Name",
    inside="StreamDescriptionSummary",
    renamed={"Name": "StreamName"},
    aside=frozenset({"RetentionPeriodHours", "StreamEncryption", "DesiredShardLevelMetrics"}),
    attributes={"Arn": "StreamARN"},
    lists=("list_streams", "StreamNames", ""),
    ready=_stream_ready,
    unused=frozenset({"DesiredShardLevelMetrics", "MaxRecordSizeInKiB", "WarmThroughputMiBps"}),
)


def _make_stream(where: Surroundings, properties: Properties) -> Made:
    made = _STREAM.make(where, properties)
    while _stream_ready(where, made.physical_id, properties) is None:
        where.pause(0.05)
    with known_as(made.physical_id):
        _settle_stream(where, made.physical_id, {}, properties)
    return made


def _settle_stream(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    had, wanted = (int(each.get("RetentionPeriodHours", 24)) for each in (before, after))
    if had != wanted:
        method = f"{'in' if wanted > had else 'de'}crease_stream_retention_period"
        where.call("kinesis", method, StreamName=name, RetentionPeriodHours=wanted)
    old, new = (each.get("StreamEncryption") for each in (before, after))
    if old == new:
        return
    if new is None:
        where.call("kinesis", "stop_stream_encryption", StreamName=name, **(old or {}))
    else:
        where.call("kinesis", "start_stream_encryption", StreamName=name, **new)


def _read_stream(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    described = _STREAM.describe_it(where, name)
    if described is None:
        return None
    told = shown(*described)
    mode = told.pop("StreamModeDetails", None) or {}
    if mode.get("StreamMode") == "ON_DEMAND":
        told["StreamModeDetails"] = mode
    else:
        told["ShardCount"] = told.get("OpenShardCount")
    if told.get("EncryptionType") == "KMS":
        told["StreamEncryption"] = {"EncryptionType": "KMS", "KeyId": told.get("KeyId")}
    told["Name"] = name
    tags = gone_is_fine(lambda: where.call("kinesis", "list_tags_for_stream", StreamName=name))
    told["Tags"] = as_tags((tags or {}).get("Tags"))
    return _STREAM.seen(where, name, told)


def _change_stream(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    if before.get("ShardCount") != after.get("ShardCount") and "ShardCount" in after:
        given = {"TargetShardCount": int(after["ShardCount"]), "ScalingType": "UNIFORM_SCALING"}
        where.call("kinesis", "update_shard_count", StreamName=name, **given)
    _settle_stream(where, name, before, after)


KINDS = (
    _DELIVERY.kind(read=_read_delivery, change=_change_delivery, listed=_deliveries),
    _STREAM.kind(make=_make_stream, read=_read_stream, change=_change_stream),
)
