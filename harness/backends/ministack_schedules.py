"""MiniStack fires rules and schedules when it is told to, by who carries the password, and never by itself.

Its own threads look every ten seconds at this machine's clock (1.5.33); when something is due is decided by
the gateway, on the clock of the run. What is dispatched, and to which targets, stays MiniStack's.
"""

import asyncio
import json
from http.client import HTTPConnection, HTTPException
from typing import Any

from harness.backends.ministack_house import Application, with_paths
from harness.gateway.chain import JUDGED_HEADER, Address

SCHEDULES_PATH = "/_harness/schedules"
FIRE_PATH = f"{SCHEDULES_PATH}/fire"
TIMEOUT_S = 10.0


def install(application: Application, password: str) -> Application:
    """Return *application* with the house's paths, and switch MiniStack's own ticks off.

    To be called in the process that serves MiniStack, before it starts. Without a password nothing changes.
    """
    if not password:
        return application
    from ministack.services import eventbridge, scheduler

    eventbridge.start_scheduler = _nothing
    scheduler.start_scheduler = _nothing

    async def listed(_body: bytes) -> tuple[int, Any]:
        return 200, _listed()

    async def fire(body: bytes) -> tuple[int, Any]:
        return 200, await asyncio.to_thread(_fire, json.loads(body))

    return with_paths(application, password, {SCHEDULES_PATH: listed, FIRE_PATH: fire})


def why_no_timer(address: Address) -> str | None:
    """Return why nothing at *address* fires on the clock of a run, None where it does; it asks and waits."""
    if not address.password:
        return f"{address.name} fires rules and schedules by this machine's clock, if at all"
    connection = HTTPConnection(address.host, address.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", SCHEDULES_PATH, headers={JUDGED_HEADER: address.password})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"{address} was not asked which schedules it has: {error}"
    finally:
        connection.close()
    return None if status == 200 else f"{address} cannot be told to fire a rule ({status})"


def _nothing() -> None:
    """In the place of what starts MiniStack's threads."""


def _listed() -> dict[str, Any]:
    """Return the rules with a schedule and the schedules that there are, of all accounts and regions."""
    from ministack.services import eventbridge, scheduler

    rules = [
        {
            "account": account,
            "region": region,
            "bus": rule.get("EventBusName", "default"),
            "name": rule["Name"],
            "expression": rule["ScheduleExpression"],
        }
        for (account, region, _), rule in list(eventbridge._rules._data.items())
        if rule.get("ScheduleExpression")
    ]
    schedules = [
        {
            "account": account,
            "region": region,
            "group": each.get("GroupName", "default"),
            "name": each["Name"],
            "expression": each["ScheduleExpression"],
            "timezone": each.get("ScheduleExpressionTimezone") or "UTC",
            "start": each.get("StartDate"),
            "end": each.get("EndDate"),
            "window": each.get("FlexibleTimeWindow"),
        }
        for (account, region, _), each in list(scheduler._schedules._data.items())
    ]
    return {"rules": rules, "schedules": schedules}


def _fire(asked: dict[str, Any]) -> dict[str, Any]:
    """Dispatch the targets of what *asked* names as due at its `time`, in its account and region.

    Return whether there `exists` one, whether it is `enabled`, its `expression` and how many `targets` it
    has; nothing is dispatched for one that is not, is disabled or has another expression. The `target` of a
    schedule that is of one of the services in `tells` is only told: who asks delivers to it.
    """
    found, targets = _found(asked)
    if found is None:
        return {"exists": False, "enabled": False, "expression": "", "targets": 0}
    enabled = found.get("State") == "ENABLED"
    told = {"exists": True, "enabled": enabled, "expression": found.get("ScheduleExpression", "")}
    if not enabled or told["expression"] != asked["expression"]:
        return told | {"targets": 0}
    told["targets"] = len(targets)
    if targets and _service_of(targets[0]) in asked.get("tells", ()):
        told |= {"arn": found.get("Arn", ""), "target": targets[0]}
    else:
        _dispatch(asked, found, targets)
    _forget_last(asked, found)
    return told


def _found(asked: dict[str, Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the rule or schedule that *asked* names, None where there is none, and its targets."""
    from ministack.services import eventbridge, scheduler

    scope = asked["account"], asked["region"]
    if asked["kind"] == "rule":
        key = (*scope, eventbridge._rule_key(asked["name"], asked["bus"]))
        return eventbridge._rules._data.get(key), eventbridge._targets._data.get(key, [])
    found = scheduler._schedules._data.get((*scope, f"{asked['group']}/{asked['name']}"))
    return found, [found["Target"]] if found else []


def _dispatch(asked: dict[str, Any], found: dict[str, Any], targets: list[dict[str, Any]]) -> None:
    """Invoke *targets* as MiniStack's own ticks do."""
    from ministack.core.responses import (
        get_account_id,
        get_region,
        set_request_account_id,
        set_request_region,
    )
    from ministack.services import eventbridge

    before = get_account_id(), get_region()
    set_request_account_id(asked["account"])
    set_request_region(asked["region"])
    try:
        event = _event(asked, found)
        for target in targets:
            eventbridge._invoke_target(target, event, found)
    finally:
        set_request_account_id(before[0])
        set_request_region(before[1])


def _service_of(target: dict[str, Any]) -> str:
    parts = str(target.get("Arn", "")).split(":")
    return parts[2] if len(parts) > 2 else ""


def _forget_last(asked: dict[str, Any], found: dict[str, Any]) -> None:
    """Delete a schedule that is over, where it says so (ActionAfterCompletion)."""
    from ministack.services import scheduler

    if asked.get("last") and found.get("ActionAfterCompletion") == "DELETE":
        key = f"{asked['group']}/{asked['name']}"
        scheduler._schedules._data.pop((asked["account"], asked["region"], key), None)


def _event(asked: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return the scheduled event as MiniStack's own ticks make it."""
    from ministack.core.responses import new_uuid

    return {
        "EventId": new_uuid(),
        "Source": "aws.events" if asked["kind"] == "rule" else "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "EventBusName": found.get("EventBusName", "default"),
        "Time": asked["time"],
        "Resources": [found.get("Arn", "")],
        "Account": asked["account"],
        "Region": asked["region"],
    }
