"""The calls that make timers, looked at before the backend gets them: PutRule, CreateSchedule,
UpdateSchedule.

What AWS refuses is refused here, in its words; the rest goes on along the chain. Sources: EventBridge API
reference, PutRule; EventBridge Scheduler API reference, CreateSchedule and FlexibleTimeWindow.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import orjson

from harness.aws.aws_json import Arguments, Refused, arguments, json_refusal
from harness.aws.event_sources.house import House
from harness.aws.event_sources.timer import RULE, SCHEDULE, Timer
from harness.aws.functions.refusals import refuse
from harness.aws.permission import Mode
from harness.errors import BackendError, RequestRefused
from harness.functions.schedules import MOST_WINDOW_MINUTES, Timetable, rule_schedule, scheduler_schedule
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.refusal import Refusal

BODY_LIMIT_BYTES = 256 * 1024
DEFAULT = "default"  # the bus, and the group
SCHEDULER = "scheduler.amazonaws.com"
_SCHEDULES = re.compile(r"/schedules/([^/]+)/?")


class TimerCalls:
    """*put* is told a timer that the backend is about to have, *drop* the key of one without a schedule."""

    def __init__(
        self, house: House, put: Callable[[Timer], None], drop: Callable[[tuple[str, str, str]], None]
    ) -> None:
        self._house = house
        self._put = put
        self._drop = drop
        too_long = Reply(413, b"The request is too long.")
        self._rule = ReadBody(self._rules, BODY_LIMIT_BYTES, too_long)
        self._schedule = ReadBody(self._schedules, BODY_LIMIT_BYTES, too_long)

    def handle(self, exchange: Exchange) -> Outcome:
        """Read the bodies of the calls that make timers."""
        if exchange.service == "events" and exchange.operation == "PutRule":
            return self._rule
        if exchange.service == "scheduler" and exchange.method in ("POST", "PUT"):
            return self._schedule if _SCHEDULES.fullmatch(exchange.path) else None
        return None

    # -- rules -----

    def _rules(self, exchange: Exchange) -> Outcome:
        try:
            given = arguments(exchange)
            timer = self._rule_of(given)
        except RequestRefused as error:
            return _refuse_json(exchange, Refused(error.code, error.message))
        except Refused as error:
            return _refuse_json(exchange, error)
        if timer is None:
            self._drop((RULE, _bus(given), str(given.get("Name", ""))))
        else:
            self._put(timer)
        return None

    def _rule_of(self, given: Arguments) -> Timer | None:
        expression = str(given.get("ScheduleExpression") or "")
        if not expression:
            if not given.get("EventPattern"):
                raise Refused(
                    "ValidationException",
                    "Parameter(s) EventPattern or ScheduleExpression must be specified.",
                )
            return None
        schedule = rule_schedule(expression)
        bus = _bus(given)
        if bus != DEFAULT:
            raise Refused(
                "ValidationException", "ScheduleExpression is supported only on the default event bus."
            )
        return Timer(RULE, bus, str(given.get("Name", "")), expression, Timetable(schedule, self._epoch_s()))

    # -- schedules -----

    async def _schedules(self, exchange: Exchange) -> Outcome:
        found = _SCHEDULES.fullmatch(exchange.path)
        exchange.operation = "CreateSchedule" if exchange.method == "POST" else "UpdateSchedule"
        try:
            given = _object(exchange.body)
            timer = self.schedule_of(unquote(found[1]) if found else "", given)
            await self._check_role(given)
        except RequestRefused as error:
            return refuse(exchange, Refused(error.code, error.message))
        except Refused as error:
            return refuse(exchange, error)
        self._put(timer)
        return None

    def schedule_of(self, name: str, given: Arguments) -> Timer:
        """Return the timer that the members of a schedule make; raise Refused or RequestRefused."""
        expression = str(given.get("ScheduleExpression") or "")
        zone = str(given.get("ScheduleExpressionTimezone") or "UTC")
        timetable = Timetable(
            scheduler_schedule(expression, zone),
            self._epoch_s(),
            start_epoch_s=_moment(given.get("StartDate")),
            end_epoch_s=_moment(given.get("EndDate")),
            at_once=True,
        )
        group = str(given.get("GroupName") or DEFAULT)
        return Timer(
            SCHEDULE, group, name, expression, timetable, _window(given.get("FlexibleTimeWindow") or {})
        )

    async def _check_role(self, given: Arguments) -> None:
        """Refuse a role that Scheduler may not assume, where policies are enforced."""
        target = given.get("Target") or {}
        if self._house.permission.mode is not Mode.ENFORCE or not target.get("RoleArn"):
            return
        try:
            found = await self._house.permission.credentials_for(
                str(target["RoleArn"]), SCHEDULER, "scheduler"
            )
        except BackendError:
            found = Refusal(
                "ValidationException",
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
            )
        if isinstance(found, Refusal):
            raise Refused(found.code, found.message)

    def _epoch_s(self) -> float:
        return self._house.clock.epoch_s(self._house.clock.now())


def _bus(given: Arguments) -> str:
    return str(given.get("EventBusName") or "").rpartition("event-bus/")[2] or DEFAULT


def _window(given: Arguments) -> int | None:
    mode, minutes = given.get("Mode"), given.get("MaximumWindowInMinutes")
    if mode != "FLEXIBLE":
        return None
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= MOST_WINDOW_MINUTES:
        raise Refused(
            "ValidationException",
            "MaximumWindowInMinutes must be from 1 to 1440 when the mode of FlexibleTimeWindow is FLEXIBLE.",
        )
    return minutes


def _moment(given: Any) -> float | None:
    """Return a timestamp of REST JSON: seconds since 1970."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise Refused("SerializationException", f"A timestamp is a number of seconds, not {given!r:.40}")
    return float(given)


def _object(body: bytes) -> Arguments:
    try:
        value = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Refused("SerializationException", "The request body is not a JSON object")
    return value


def _refuse_json(exchange: Exchange, error: Refused) -> Reply:
    exchange.error = f"{error.code}: {error.message}"
    return json_refusal(error)
