"""AWS::Logs and AWS::CloudWatch: log groups and streams, filters, alarms, dashboards."""

from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import Plain, gone_is_fine
from harness.stacks.shaping import arguments_of, as_text, document
from harness.stacks.tags import read_tags, retag

# -- log groups -----


def _make_group(where: Surroundings, properties: Properties) -> Made:
    given = {
        name: value
        for name, value in properties.items()
        if name in ("LogGroupName", "KmsKeyId", "Tags", "LogGroupClass")
    }
    where.call("logs", "create_log_group", **arguments_of(where.clients("logs"), "create_log_group", given))
    name = str(properties["LogGroupName"])
    with known_as(name):
        _retain(where, name, properties)
    return Made(name)


def _retain(where: Surroundings, name: str, properties: Properties) -> None:
    days = properties.get("RetentionInDays")
    if days is not None:
        where.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=int(days))


def _found_group(where: Surroundings, name: str) -> Any:
    groups = where.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    return next((each for each in groups if each["logGroupName"] == name), None)


def _read_group(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    told = _found_group(where, name)
    if told is None:
        return None
    found: dict[str, Any] = {"LogGroupName": name}
    if told.get("retentionInDays"):
        found["RetentionInDays"] = told["retentionInDays"]
    if told.get("kmsKeyId"):
        found["KmsKeyId"] = told["kmsKeyId"]
    arn = str(told["arn"]).removesuffix(":*")
    if tags := read_tags(where, "logs", arn):
        found["Tags"] = tags
    return Seen(found, {"Arn": f"{arn}:*"})  # GetAtt Arn ends in :*, user guide "AWS::Logs::LogGroup"


def _change_group(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    if "RetentionInDays" in before and "RetentionInDays" not in after:
        where.call("logs", "delete_retention_policy", logGroupName=name)
    _retain(where, name, after)
    retag(where, "logs", where.arn("logs", f"log-group:{name}"), before, after)


def _remove_group(where: Surroundings, name: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("logs", "delete_log_group", logGroupName=name))


def _groups(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("logs", "describe_log_groups", "logGroups"):
        yield each["logGroupName"], {}


# -- streams and filters -----


def _make_stream(where: Surroundings, properties: Properties) -> Made:
    group, name = str(properties["LogGroupName"]), str(properties["LogStreamName"])
    where.call("logs", "create_log_stream", logGroupName=group, logStreamName=name)
    return Made(name)


def _read_stream(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    named = {"logGroupName": properties["LogGroupName"], "logStreamNamePrefix": name}
    streams = gone_is_fine(lambda: where.pages("logs", "describe_log_streams", "logStreams", **named))
    if not any(each["logStreamName"] == name for each in streams or ()):
        return None
    return Seen({"LogGroupName": properties["LogGroupName"], "LogStreamName": name})


def _remove_stream(where: Surroundings, name: str, properties: Properties) -> None:
    named = {"logGroupName": properties["LogGroupName"], "logStreamName": name}
    gone_is_fine(lambda: where.call("logs", "delete_log_stream", **named))


def _filter(type_: str, word: str, key: str, known: tuple[str, ...]) -> Kind:
    """Return the type of metric or subscription filters; *word* is in the names of their calls."""

    def make(where: Surroundings, properties: Properties) -> Made:
        method = f"put_{word}_filter"
        where.call("logs", method, **arguments_of(where.clients("logs"), method, properties))
        return Made(str(properties["FilterName"]))

    def read(where: Surroundings, name: str, properties: Properties) -> Seen | None:
        named = {"logGroupName": properties["LogGroupName"], "filterNamePrefix": name}
        told = gone_is_fine(lambda: where.pages("logs", f"describe_{word}_filters", key, **named))
        for each in told or ():
            if each["filterName"] == name:
                found = {
                    one: each[one[:1].lower() + one[1:]] for one in known if one[:1].lower() + one[1:] in each
                }
                return Seen({"LogGroupName": properties["LogGroupName"], "FilterName": name, **found})
        return None

    def change(where: Surroundings, _name: str, _before: Properties, after: Properties) -> None:
        make(where, after)

    def remove(where: Surroundings, name: str, properties: Properties) -> None:
        named = {"logGroupName": properties["LogGroupName"], "filterName": name}
        gone_is_fine(lambda: where.call("logs", f"delete_{word}_filter", **named))

    return Kind(type_, "logs", make, read, remove, change)


# -- alarms and dashboards -----

_ALARM = Plain(
    type="AWS::CloudWatch::Alarm",
    service="cloudwatch",
    create="put_metric_alarm",
    describe="describe_alarms",
    delete="delete_alarms",
    update="put_metric_alarm",
    by="AlarmNames",
    plural=True,
    name="AlarmName",
    inside="MetricAlarms",
    attributes={"Arn": "AlarmArn"},
    tagging="cloudwatch",
)


def _change_alarm(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    given = {key: value for key, value in after.items() if key != "Tags"}
    arguments = arguments_of(where.clients("cloudwatch"), "put_metric_alarm", given)
    where.call("cloudwatch", "put_metric_alarm", **arguments)
    retag(where, "cloudwatch", where.arn("cloudwatch", f"alarm:{name}"), before, after)


def _alarms(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("cloudwatch", "describe_alarms", "MetricAlarms"):
        yield each["AlarmName"], {}


def _put_board(where: Surroundings, properties: Properties) -> Made:
    name = str(properties["DashboardName"])
    where.call(
        "cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=as_text(properties["DashboardBody"])
    )
    return Made(name)


def _read_board(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("cloudwatch", "get_dashboard", DashboardName=name))
    if answer is None:
        return None
    return Seen({"DashboardName": name, "DashboardBody": document(answer["DashboardBody"])})


def _change_board(where: Surroundings, _name: str, _before: Properties, after: Properties) -> None:
    _put_board(where, after)


def _remove_board(where: Surroundings, name: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("cloudwatch", "delete_dashboards", DashboardNames=[name]))


KINDS = (
    Kind(
        "AWS::Logs::LogGroup", "logs", _make_group, _read_group, _remove_group, _change_group, listed=_groups
    ),
    Kind("AWS::Logs::LogStream", "logs", _make_stream, _read_stream, _remove_stream),
    _filter("AWS::Logs::MetricFilter", "metric", "metricFilters", ("FilterPattern", "MetricTransformations")),
    _filter(
        "AWS::Logs::SubscriptionFilter",
        "subscription",
        "subscriptionFilters",
        ("FilterPattern", "DestinationArn", "RoleArn", "Distribution"),
    ),
    _ALARM.kind(change=_change_alarm, listed=_alarms),
    Kind("AWS::CloudWatch::Dashboard", "cloudwatch", _put_board, _read_board, _remove_board, _change_board),
)
