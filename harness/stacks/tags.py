"""Tags of a resource read and changed: each service has its own calls for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.stacks.kind import Properties, Refused, Surroundings
from harness.stacks.shaping import as_tags


@dataclass(frozen=True, slots=True)
class Tagging:
    """The calls of one service: `read` answers `inside`; all name the resource in `member`.

    `as_map` says that tags are sent as a map; `pair` are the names of a tag's members where they are sent as
    a list. `more` are arguments that all three take.
    """

    service: str
    read: str
    add: str
    drop: str
    member: str
    inside: str = "Tags"
    sends: str = "Tags"
    drops: str = "TagKeys"
    as_map: bool = False
    pair: tuple[str, str] = ("Key", "Value")
    more: tuple[tuple[str, str], ...] = ()


def _usual(service: str, member: str, **more: Any) -> Tagging:
    return Tagging(service, "list_tags_for_resource", "tag_resource", "untag_resource", member, **more)


_LOWER: dict[str, Any] = {"inside": "tags", "sends": "tags", "drops": "tagKeys"}
TAGGINGS: Mapping[str, Tagging] = {
    "cloudwatch": _usual("cloudwatch", "ResourceARN"),
    "dynamodb": Tagging("dynamodb", "list_tags_of_resource", "tag_resource", "untag_resource", "ResourceArn"),
    "ecr": _usual("ecr", "resourceArn", **(_LOWER | {"pair": ("Key", "Value")})),
    "events": _usual("events", "ResourceARN"),
    "firehose": Tagging(
        "firehose",
        "list_tags_for_delivery_stream",
        "tag_delivery_stream",
        "untag_delivery_stream",
        "DeliveryStreamName",
    ),
    "glue": Tagging(
        "glue",
        "get_tags",
        "tag_resource",
        "untag_resource",
        "ResourceArn",
        sends="TagsToAdd",
        drops="TagsToRemove",
        as_map=True,
    ),
    "iam-role": Tagging("iam", "list_role_tags", "tag_role", "untag_role", "RoleName"),
    "iam-user": Tagging("iam", "list_user_tags", "tag_user", "untag_user", "UserName"),
    "kms": Tagging(
        "kms",
        "list_resource_tags",
        "tag_resource",
        "untag_resource",
        "KeyId",
        pair=("TagKey", "TagValue"),
    ),
    "lambda": Tagging("lambda", "list_tags", "tag_resource", "untag_resource", "Resource", as_map=True),
    "logs": _usual("logs", "resourceArn", **_LOWER, as_map=True),
    "sagemaker": Tagging("sagemaker", "list_tags", "add_tags", "delete_tags", "ResourceArn"),
    "scheduler": _usual("scheduler", "ResourceArn"),
    "sns": _usual("sns", "ResourceArn"),
    "sqs": Tagging("sqs", "list_queue_tags", "tag_queue", "untag_queue", "QueueUrl", as_map=True),
    "ssm": Tagging(
        "ssm",
        "list_tags_for_resource",
        "add_tags_to_resource",
        "remove_tags_from_resource",
        "ResourceId",
        inside="TagList",
        more=(("ResourceType", "Parameter"),),
    ),
    "stepfunctions": _usual("stepfunctions", "resourceArn", **_LOWER, pair=("key", "value")),
}


def read_tags(where: Surroundings, tagging: str, identity: str) -> list[dict[str, str]]:
    """Return the tags of a resource as CloudFormation's list, none where the backend keeps none."""
    calls = TAGGINGS[tagging]
    try:
        answer = where.call(calls.service, calls.read, **{calls.member: identity}, **dict(calls.more))
    except Refused:
        return []
    return as_tags(answer.get(calls.inside) or ())


def retag(where: Surroundings, tagging: str, identity: str, before: Properties, after: Properties) -> None:
    """Change the tags of a resource from those of *before* to those of *after*; nothing where they agree."""
    calls = TAGGINGS[tagging]
    had, wanted = (
        {tag["Key"]: tag["Value"] for tag in as_tags(each.get("Tags") or ())} for each in (before, after)
    )
    named = {calls.member: identity, **dict(calls.more)}
    if gone := sorted(had.keys() - wanted.keys()):
        where.call(calls.service, calls.drop, **named, **{calls.drops: gone})
    if new := {key: value for key, value in wanted.items() if had.get(key) != value}:
        where.call(calls.service, calls.add, **named, **{calls.sends: _sent(calls, new)})


def _sent(calls: Tagging, tags: Mapping[str, str]) -> Any:
    if calls.as_map:
        return dict(tags)
    key, value = calls.pair
    return [{key: name, value: text} for name, text in tags.items()]
