"""AWS::DynamoDB::Table."""

from typing import Any

from harness.stacks.kind import Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import Plain
from harness.stacks.shaping import arguments_of, shown
from harness.stacks.tags import retag


def _ready(where: Surroundings, name: str, _properties: Properties) -> str | None:
    status = where.call("dynamodb", "describe_table", TableName=name)["Table"]["TableStatus"]
    return None if status in ("CREATING", "UPDATING") else ""


# Properties that have calls of their own.
_ASIDE = frozenset(
    {
        "ContributorInsightsSpecification",
        "ImportSourceSpecification",
        "KinesisStreamSpecification",
        "PointInTimeRecoverySpecification",
        "ResourcePolicy",
        "SSESpecification",
        "StreamSpecification",
        "TimeToLiveSpecification",
        "WarmThroughput",
    }
)
_TABLE = Plain(
    type="AWS::DynamoDB::Table",
    service="dynamodb",
    create="create_table",
    describe="describe_table",
    delete="delete_table",
    update="update_table",
    by="TableName",
    name="TableName",
    inside="Table",
    aside=_ASIDE,
    attributes={"Arn": "TableArn", "StreamArn": "LatestStreamArn"},
    lists=("list_tables", "TableNames", ""),
    tagging="dynamodb",
    ready=_ready,
    unused=frozenset({"ContributorInsightsSpecification", "KinesisStreamSpecification", "WarmThroughput"}),
)


def _as_sent(properties: Properties) -> dict[str, Any]:
    """Return the members of CreateTable that CloudFormation has another form for."""
    more: dict[str, Any] = {}
    if "StreamSpecification" in properties:
        more["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
        more["StreamSpecification"].pop("ResourcePolicy", None)
    sse = properties.get("SSESpecification")
    if sse:
        more["SSESpecification"] = {"Enabled": _truth(sse["SSEEnabled"])} | {
            name: sse[name] for name in ("KMSMasterKeyId", "SSEType") if name in sse
        }
    return more


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _make(where: Surroundings, properties: Properties) -> Made:
    client = where.clients("dynamodb")
    given = {name: value for name, value in properties.items() if name not in _ASIDE} | _as_sent(properties)
    where.call("dynamodb", "create_table", **arguments_of(client, "create_table", given))
    name = str(properties["TableName"])
    while _ready(where, name, {}) is None:
        where.pause(0.05)
    with known_as(name):
        _settle(where, name, {}, properties)
    return Made(name)


def _settle(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    had, wanted = (each.get("TimeToLiveSpecification") for each in (before, after))
    if had != wanted:
        given = wanted or {**(had or {}), "Enabled": False}
        sent = {"AttributeName": given["AttributeName"], "Enabled": _truth(given["Enabled"])}
        where.call("dynamodb", "update_time_to_live", TableName=name, TimeToLiveSpecification=sent)
    had, wanted = (each.get("PointInTimeRecoverySpecification") for each in (before, after))
    if had != wanted:
        enabled = _truth((wanted or {}).get("PointInTimeRecoveryEnabled", False))
        sent = {"PointInTimeRecoveryEnabled": enabled}
        where.call(
            "dynamodb", "update_continuous_backups", TableName=name, PointInTimeRecoverySpecification=sent
        )


def _read(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    described = _TABLE.describe_it(where, name)
    if described is None:
        return None
    told = shown(*described)
    mode = (told.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    told["BillingMode"] = mode
    if mode == "PAY_PER_REQUEST":
        told.pop("ProvisionedThroughput", None)
    else:
        told["ProvisionedThroughput"] = _throughput(told.get("ProvisionedThroughput") or {})
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if told.get(kind):
            told[kind] = [_index(index, mode) for index in told[kind]]
    if stream := told.get("StreamSpecification"):
        told["StreamSpecification"] = {"StreamViewType": stream.get("StreamViewType")}
        if not stream.get("StreamEnabled"):
            del told["StreamSpecification"]
    if (sse := told.pop("SSEDescription", None)) and sse.get("Status") in ("ENABLED", "ENABLING"):
        told["SSESpecification"] = {"SSEEnabled": True}
    live = where.call("dynamodb", "describe_time_to_live", TableName=name).get("TimeToLiveDescription") or {}
    if live.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        told["TimeToLiveSpecification"] = {"AttributeName": live["AttributeName"], "Enabled": True}
    backups = where.call("dynamodb", "describe_continuous_backups", TableName=name)[
        "ContinuousBackupsDescription"
    ]
    if (backups.get("PointInTimeRecoveryDescription") or {}).get("PointInTimeRecoveryStatus") == "ENABLED":
        told["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": True}
    told.pop("Tags", None)
    return _TABLE.seen(where, name, told)


def _throughput(told: Properties) -> dict[str, Any]:
    return {name: told.get(name, 0) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}


def _index(told: Properties, mode: str) -> dict[str, Any]:
    found = {name: told[name] for name in ("IndexName", "KeySchema", "Projection") if name in told}
    if mode == "PROVISIONED" and "ProvisionedThroughput" in told:
        found["ProvisionedThroughput"] = _throughput(told["ProvisionedThroughput"])
    return found


_UPDATED = ("BillingMode", "ProvisionedThroughput", "DeletionProtectionEnabled", "TableClass")


def _change(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    client = where.clients("dynamodb")
    given = {key: after[key] for key in _UPDATED if key in after and before.get(key) != after[key]}
    if given.get("BillingMode") == "PAY_PER_REQUEST":
        given.pop("ProvisionedThroughput", None)
    streams = [_as_sent(each).get("StreamSpecification") for each in (before, after)]
    if streams[0] != streams[1]:
        given["StreamSpecification"] = streams[1] or {"StreamEnabled": False}
    if given:
        where.call("dynamodb", "update_table", TableName=name, **arguments_of(client, "update_table", given))
    for change in _index_changes(before, after):  # UpdateTable takes one at a time
        while _ready(where, name, {}) is None:
            where.pause(0.05)
        arguments = arguments_of(client, "update_table", change)
        where.call("dynamodb", "update_table", TableName=name, **arguments)
    _settle(where, name, before, after)
    retag(where, "dynamodb", where.arn("dynamodb", f"table/{name}"), before, after)


def _index_changes(before: Properties, after: Properties) -> list[dict[str, Any]]:
    had, wanted = (
        {index["IndexName"]: index for index in each.get("GlobalSecondaryIndexes") or ()}
        for each in (before, after)
    )
    changes: list[dict[str, Any]] = [{"Delete": {"IndexName": name}} for name in had if name not in wanted]
    changes += [{"Create": dict(index)} for name, index in wanted.items() if name not in had]
    attributes = {"AttributeDefinitions": after.get("AttributeDefinitions", [])}
    return [{**attributes, "GlobalSecondaryIndexUpdates": [change]} for change in changes]


KINDS = (_TABLE.kind(make=_make, read=_read, change=_change),)
