"""Resources whose properties are put together from several arguments: what the tables cannot say."""

from collections.abc import Callable, Mapping
from typing import Any

from harness.templates.model import Resource
from harness.templates.provider.convert import Draft, blocks_of, snake
from harness.templates.provider.network_shapes import NETWORK_SHAPES
from harness.templates.provider.table import pascal
from harness.templates.provider.values import from_json


def _function(made: Draft) -> None:
    """The code of a function is a local file or folder; `publish` makes a version of it."""
    _code(made, "Code")
    if made.argument("publish") is True:
        made.more.append(
            Resource(
                f"{made.address}/version",
                "AWS::Lambda::Version",
                {"FunctionName": made.attribute("function_name")},
                file=made.declared.file,
                line=made.declared.line,
                depends_on=(made.address,),
            )
        )


def _code(made: Draft, property_name: str) -> None:
    path = made.argument("filename") or made.argument("code")
    if isinstance(path, str) and path:
        made.assets[property_name] = made.declared.sources.get(path, path)


def _layer(made: Draft) -> None:
    _code(made, "Content")


def _object(made: Draft) -> None:
    """An object in S3 comes from a file, or from the text that stands in the argument."""
    source = made.argument("source")
    if isinstance(source, str) and source:
        made.assets["Body"] = made.declared.sources.get(source, source)


# ---- policies written into the resource that they are for -----


def _queue(made: Draft) -> None:
    _policy(made, "AWS::SQS::QueuePolicy", {"Queues": [made.attribute("url")]})


def _topic(made: Draft) -> None:
    _policy(made, "AWS::SNS::TopicPolicy", {"Topics": [made.attribute("arn")]})


def _bucket(made: Draft) -> None:
    _policy(made, "AWS::S3::BucketPolicy", {"Bucket": made.attribute("id")})
    if rules := made.blocks("lifecycle_rule"):
        made.put("LifecycleConfiguration", {"Rules": [_lifecycle_rule(rule) for rule in rules]})


def _policy(made: Draft, type_: str, properties: Mapping[str, Any]) -> None:
    policy, written = made.argument("policy"), made.declared.written
    if policy and (written is None or "policy" in written):  # a state has AWS's own of each topic too
        made.more.append(
            Resource(
                f"{made.address}/policy",
                type_,
                {**properties, "PolicyDocument": from_json(policy)},
                file=made.declared.file,
                line=made.declared.lines.get("policy", made.declared.line),
                depends_on=tuple(sorted({made.address, *made.declared.references})),
            )
        )


# ---- DynamoDB: aws_dynamodb_table, AWS::DynamoDB::Table -----


def _table(made: Draft) -> None:
    made.put("KeySchema", _keys(made.argument("hash_key"), made.argument("range_key")))
    provisioned = made.argument("billing_mode") != "PAY_PER_REQUEST"
    if provisioned:
        made.put("ProvisionedThroughput", _throughput(made.declared.arguments))
    if made.argument("stream_enabled") is False:
        made.properties.pop("StreamSpecification", None)
    if indexes := made.blocks("global_secondary_index"):
        made.put("GlobalSecondaryIndexes", [_index(each, provisioned) for each in indexes])
    if indexes := made.blocks("local_secondary_index"):
        hash_key = made.argument("hash_key")
        made.put("LocalSecondaryIndexes", [_index({"hash_key": hash_key, **each}, False) for each in indexes])


def _keys(hash_key: Any, range_key: Any) -> list[dict[str, Any]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return keys + ([{"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else [])


def _throughput(given: Mapping[str, Any]) -> dict[str, Any]:
    read, write = given.get("read_capacity"), given.get("write_capacity")
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def _index(block: Mapping[str, Any], provisioned: bool) -> dict[str, Any]:
    given = {snake(name): value for name, value in block.items()}
    projection = {"ProjectionType": given.get("projection_type")}
    if given.get("non_key_attributes"):
        projection["NonKeyAttributes"] = given["non_key_attributes"]
    index = {
        "IndexName": given.get("name"),
        "KeySchema": _keys(given.get("hash_key"), given.get("range_key")),
        "Projection": projection,
    }
    return index | ({"ProvisionedThroughput": _throughput(given)} if provisioned else {})


# ---- S3: what CloudFormation keeps in the bucket -----

_NOTIFIED = {
    "lambda_function": ("LambdaConfigurations", "lambda_function_arn", "Function"),
    "queue": ("QueueConfigurations", "queue_arn", "Queue"),
    "topic": ("TopicConfigurations", "topic_arn", "Topic"),
}


def _notification(made: Draft) -> None:
    """aws_s3_bucket_notification: one configuration an event, since CloudFormation's `Event` is one."""
    for name, (member, argument, called) in _NOTIFIED.items():
        found = []
        for block in made.blocks(name):
            given = {snake(key): value for key, value in block.items()}
            rules = [
                {"Name": rule, "Value": given[f"filter_{rule}"]}
                for rule in ("prefix", "suffix")
                if given.get(f"filter_{rule}")
            ]
            kept = {"Filter": {"S3Key": {"Rules": rules}}} if rules else {}
            found += [{"Event": each, called: given.get(argument)} | kept for each in given.get("events", [])]
        if found:
            made.put(f"NotificationConfiguration.{member}", found)
    if made.argument("eventbridge") is True:
        made.put("NotificationConfiguration.EventBridgeConfiguration", {"EventBridgeEnabled": True})
    _forget(made, *_NOTIFIED, "eventbridge")


def _lifecycle(made: Draft) -> None:
    """aws_s3_bucket_lifecycle_configuration: its rules, in CloudFormation's words."""
    made.put("LifecycleConfiguration", {"Rules": [_lifecycle_rule(rule) for rule in made.blocks("rule")]})
    _forget(made, "rule", "expected_bucket_owner", "transition_default_minimum_object_size")


def _lifecycle_rule(block: Mapping[str, Any]) -> dict[str, Any]:
    given = {snake(key): value for key, value in block.items()}
    status = given.get("status") or ("Disabled" if given.get("enabled") is False else "Enabled")
    rule: dict[str, Any] = {"Status": status} | ({"Id": given["id"]} if given.get("id") else {})
    for name, member in (("filter", "Prefix"), ("expiration", "ExpirationInDays")):
        for inner in blocks_of(given.get(name)):
            value = inner.get("prefix") if name == "filter" else inner.get("days")
            rule |= {} if value in (None, "") else {member: value}
    if given.get("prefix"):
        rule["Prefix"] = given["prefix"]
    for inner in blocks_of(given.get("abort_incomplete_multipart_upload")):
        days = inner.get("days_after_initiation", inner.get("daysAfterInitiation"))
        rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    for inner in blocks_of(given.get("noncurrent_version_expiration")):
        rule["NoncurrentVersionExpiration"] = {
            pascal(snake(key)): value for key, value in inner.items() if value is not None
        }
    transitions = [
        {
            "StorageClass": inner.get("storage_class", inner.get("storageClass")),
            "TransitionInDays": inner.get("days"),
        }
        for inner in blocks_of(given.get("transition", given.get("transitions")))
    ]
    return rule | ({"Transitions": transitions} if transitions else {})


def _forget(made: Draft, *names: str) -> None:
    """Take back that arguments are not looked at: they have been."""
    for name in [*names, *(each + "s" for each in names)]:
        for path in [path for path in made.extra if path.partition("[")[0] == name]:
            del made.extra[path]
        dotted = f"{made.address}.{name}"
        made.not_covered[:] = [
            note for note in made.not_covered if f"{dotted}:" not in note and f"{dotted}[" not in note
        ]


SHAPES: Mapping[str, Callable[[Draft], None]] = {
    "function": _function,
    "layer": _layer,
    "object": _object,
    "queue": _queue,
    "topic": _topic,
    "bucket": _bucket,
    "table": _table,
    "notification": _notification,
    "lifecycle": _lifecycle,
    **NETWORK_SHAPES,
}
