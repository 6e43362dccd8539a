"""AWS::Events and AWS::Scheduler: rules with their targets, buses, schedules and their groups."""

from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Refused, Seen, Surroundings, known_as
from harness.stacks.plain import Plain, gone_is_fine
from harness.stacks.shaping import arguments_of, as_tags, as_text, document, output_shape, shown
from harness.stacks.tags import read_tags, retag

_DEFAULT_BUS = "default"
_RULE = ("ScheduleExpression", "State", "Description", "RoleArn", "EventBusName", "EventPattern")


def _named(properties: Properties) -> dict[str, str]:
    bus = str(properties.get("EventBusName") or _DEFAULT_BUS)
    return {} if bus == _DEFAULT_BUS else {"EventBusName": bus}


def _about(identity: str) -> dict[str, str]:
    """Return the arguments that name the rule which Ref calls `bus|rule`, or `rule` on the default bus."""
    bus, found, name = identity.rpartition("|")
    return {"Name": name} | ({"EventBusName": bus} if found else {})


def _put(where: Surroundings, properties: Properties) -> Made:
    name, tags = str(properties["Name"]), as_tags(properties.get("Tags"))
    given = {key: properties[key] for key in _RULE if key in properties}
    if "EventPattern" in given:
        given["EventPattern"] = as_text(given["EventPattern"])
    arguments = arguments_of(where.clients("events"), "put_rule", given)
    where.call("events", "put_rule", Name=name, **arguments, **({"Tags": tags} if tags else {}))
    bus = _named(properties).get("EventBusName", "").rpartition("/")[2]
    identity = f"{bus}|{name}" if bus else name
    with known_as(identity):
        _aim(where, name, properties, [])
    return Made(identity)


def _aim(where: Surroundings, name: str, properties: Properties, before: Iterable[Any]) -> None:
    """Bring the targets of a rule from *before* to those of *properties*."""
    on_bus = _named(properties)
    wanted = list(properties.get("Targets") or ())
    ids = {str(target["Id"]) for target in wanted}
    if gone := [str(target["Id"]) for target in before if str(target["Id"]) not in ids]:
        where.call("events", "remove_targets", Rule=name, Ids=gone, **on_bus)
    if not wanted:
        return
    arguments = arguments_of(where.clients("events"), "put_targets", {"Targets": wanted})
    answer = where.call("events", "put_targets", Rule=name, **arguments, **on_bus)
    if answer.get("FailedEntryCount"):
        entry = answer["FailedEntries"][0]
        raise Refused(
            entry.get("ErrorCode", "FailedEntry"), f"{entry.get('TargetId')}: {entry.get('ErrorMessage')}"
        )


def _read(where: Surroundings, identity: str, _properties: Properties) -> Seen | None:
    about = _about(identity)
    answer = gone_is_fine(lambda: where.call("events", "describe_rule", **about))
    if answer is None:
        return None
    found: dict[str, Any] = {"Name": answer["Name"]}
    found |= {key: answer[key] for key in _RULE if answer.get(key)}
    if found.get("EventBusName") == _DEFAULT_BUS:
        del found["EventBusName"]
    if "EventPattern" in found:
        found["EventPattern"] = document(found["EventPattern"])
    on_bus = {key: value for key, value in about.items() if key == "EventBusName"}
    shape = output_shape(where.clients("events"), "list_targets_by_rule").members["Targets"]
    targets = where.pages("events", "list_targets_by_rule", "Targets", Rule=about["Name"], **on_bus)
    if targets:
        found["Targets"] = shown(targets, shape)
    if tags := read_tags(where, "events", answer["Arn"]):
        found["Tags"] = tags
    return Seen(found, {"Arn": answer["Arn"], "RuleName": answer["Name"]})


def _change(where: Surroundings, identity: str, before: Properties, after: Properties) -> None:
    about = _about(identity)
    given = {key: after[key] for key in _RULE if key in after}
    if "EventPattern" in given:
        given["EventPattern"] = as_text(given["EventPattern"])
    arguments = arguments_of(where.clients("events"), "put_rule", given)
    where.call("events", "put_rule", Name=about["Name"], **arguments)
    _aim(where, about["Name"], after, before.get("Targets") or ())
    seen = _read(where, identity, after)
    if seen is not None:
        retag(where, "events", seen.attributes["Arn"], before, after)


def _remove(where: Surroundings, identity: str, _properties: Properties) -> None:
    about = _about(identity)
    on_bus = {key: value for key, value in about.items() if key == "EventBusName"}
    named = {"Rule": about["Name"], **on_bus}
    targets = gone_is_fine(lambda: where.pages("events", "list_targets_by_rule", "Targets", **named))
    if targets:
        where.call("events", "remove_targets", Ids=[each["Id"] for each in targets], **named)
    gone_is_fine(lambda: where.call("events", "delete_rule", **about))


def _listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for bus in where.call("events", "list_event_buses")["EventBuses"]:
        name = bus["Name"]
        for rule in where.pages("events", "list_rules", "Rules", EventBusName=name):
            yield (rule["Name"] if name == _DEFAULT_BUS else f"{name}|{rule['Name']}"), {}


_BUS = Plain(
    type="AWS::Events::EventBus",
    service="events",
    create="create_event_bus",
    describe="describe_event_bus",
    delete="delete_event_bus",
    by="Name",
    name="Name",
    aside=frozenset({"Policy"}),
    attributes={"Arn": "Arn", "Name": "Name"},
    tagging="events",
    unused=frozenset({"DeadLetterConfig", "KmsKeyIdentifier", "LogConfig", "Description"}),
)


def _buses(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for bus in where.call("events", "list_event_buses")["EventBuses"]:
        if bus["Name"] != _DEFAULT_BUS:
            yield bus["Name"], {}


# -- EventBridge Scheduler -----


def _schedule_about(identity: str) -> dict[str, str]:
    group, found, name = identity.rpartition("|")
    return {"Name": name} | ({"GroupName": group} if found else {})


def _schedule(where: Surroundings, method: str, properties: Properties) -> None:
    arguments = arguments_of(where.clients("scheduler"), method, properties)
    where.call("scheduler", method, **arguments)


def _make_schedule(where: Surroundings, properties: Properties) -> Made:
    _schedule(where, "create_schedule", properties)
    return Made(str(properties["Name"]))


def _read_schedule(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    group = properties.get("GroupName")
    about = {"Name": name} | ({"GroupName": group} if group else {})
    answer = gone_is_fine(lambda: where.call("scheduler", "get_schedule", **about))
    if answer is None:
        return None
    told = shown(answer, output_shape(where.clients("scheduler"), "get_schedule"))
    known = (
        "Name GroupName ScheduleExpression ScheduleExpressionTimezone State Description Target "
        "FlexibleTimeWindow StartDate EndDate KmsKeyArn"
    )
    found = {key: told[key] for key in known.split() if told.get(key)}
    return Seen(found, {"Arn": answer["Arn"]})


def _change_schedule(where: Surroundings, _name: str, _before: Properties, after: Properties) -> None:
    _schedule(where, "update_schedule", after)


def _remove_schedule(where: Surroundings, name: str, properties: Properties) -> None:
    group = properties.get("GroupName")
    about = {"Name": name} | ({"GroupName": group} if group else {})
    gone_is_fine(lambda: where.call("scheduler", "delete_schedule", **about))


def _schedules(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("scheduler", "list_schedules", "Schedules"):
        yield each["Name"], {"GroupName": each.get("GroupName", _DEFAULT_BUS)}


_GROUP = Plain(
    type="AWS::Scheduler::ScheduleGroup",
    service="scheduler",
    create="create_schedule_group",
    describe="get_schedule_group",
    delete="delete_schedule_group",
    by="Name",
    name="Name",
    attributes={"Arn": "Arn", "State": "State"},
    tagging="scheduler",
)


def _groups(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("scheduler", "list_schedule_groups", "ScheduleGroups"):
        if each["Name"] != _DEFAULT_BUS:
            yield each["Name"], {}


KINDS = (
    Kind("AWS::Events::Rule", "events", _put, _read, _remove, _change, listed=_listed),
    _BUS.kind(listed=_buses),
    Kind(
        "AWS::Scheduler::Schedule",
        "scheduler",
        _make_schedule,
        _read_schedule,
        _remove_schedule,
        _change_schedule,
        listed=_schedules,
    ),
    _GROUP.kind(listed=_groups),
)
