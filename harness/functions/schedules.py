"""When EventBridge rules and EventBridge Scheduler fire: rate(), cron() and at(), and what AWS refuses.

Sources: EventBridge user guide, "Setting a schedule pattern for scheduled rules"; EventBridge Scheduler user
guide, "Schedule types in EventBridge Scheduler". The fields of cron() are those of Quartz, as in Application
Auto Scaling (`harness.scaling.cron`). Refusals as AWS has been seen to make them: buildkite-agent-scaler
pull request 100 and winglang/wing issue 7115 (rules), localstack pull request 12191 (Scheduler).

No clock is read here: moments are seconds since 1970-01-01T00:00:00Z.
"""

import math
import re
from dataclasses import dataclass
from random import Random

from harness.errors import RequestRefused
from harness.scaling.cron import parse_cron
from harness.scaling.schedule import At, Cron, Every, Schedule, parse_schedule

MINUTE_S = 60.0
# CreateSchedule, FlexibleTimeWindow: from 1 to 1,440 minutes.
MOST_WINDOW_MINUTES = 1_440

_UNIT_S = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
_RATE = re.compile(r"rate\((\d{1,9})\s+(minute|hour|day)(s?)\)", re.ASCII)
_CRON = re.compile(r"cron\((.*)\)", re.DOTALL)
# Quartz counts an increment of a whole round as too large: 60 minutes, 24 hours, 31 days, 12 months, 7 days.
_STEPS = (59, 23, 31, 12, 7, None)


@dataclass(frozen=True, slots=True)
class Timetable:
    """When something fires: a schedule, the moment its rate counts from, and the moments it is limited to.

    With `at_once` a rate fires at its anchor, too: Scheduler "starts invoking its target immediately after
    you create the schedule"; of a rule "the countdown begins when you create the rule".
    """

    schedule: Schedule
    anchor_epoch_s: float
    start_epoch_s: float | None = None
    end_epoch_s: float | None = None
    at_once: bool = False

    def next_after(self, epoch_s: float) -> float | None:
        """Return the first moment later than *epoch_s* at which it fires, None when there is none."""
        after, anchor = epoch_s, self.anchor_epoch_s
        if self.start_epoch_s is not None:
            after, anchor = max(after, math.nextafter(self.start_epoch_s, -math.inf)), self.start_epoch_s
        if isinstance(self.schedule, Every) and not self.at_once:
            after = max(after, anchor)
        found = self.schedule.next_after(after, anchor)
        return None if found is None or self._is_over(found) else found

    def _is_over(self, epoch_s: float) -> bool:
        return self.end_epoch_s is not None and epoch_s > self.end_epoch_s


def rule_schedule(expression: str) -> Schedule:
    """Return when a rule with this ScheduleExpression fires, in UTC; raise RequestRefused as PutRule does.

    "If the value is equal to 1, then the unit must be singular. If the value is greater than 1, the unit
    must be plural."
    """
    rate = _RATE.fullmatch(expression)
    if rate is not None and (rate[1] == "1") is not bool(rate[3]) and int(rate[1]):
        return Every(expression, int(rate[1]) * _UNIT_S[rate[2]])
    try:
        return _cron(expression, "UTC")
    except RequestRefused as error:
        raise RequestRefused(
            "ValidationException", "Parameter ScheduleExpression is not valid.", "ScheduleExpression"
        ) from error


def scheduler_schedule(expression: str, timezone: str = "UTC") -> Schedule:
    """Return when a schedule of EventBridge Scheduler fires; raise RequestRefused as CreateSchedule does.

    It takes rate(1 hours) and rate(5 minute), too: the guide's units are plural whatever the value.
    """
    try:
        rate = _RATE.fullmatch(expression)
        if rate is not None and int(rate[1]):
            return Every(expression, int(rate[1]) * _UNIT_S[rate[2]])
        if expression.startswith("at("):
            return parse_schedule(expression, timezone)
        return _cron(expression, timezone)
    except RequestRefused as error:
        if error.field == "Timezone":
            message = f"The time zone {timezone!r} is not valid."
            raise RequestRefused("ValidationException", message, "ScheduleExpressionTimezone") from error
        message = f"Invalid Schedule Expression {expression}."
        raise RequestRefused("ValidationException", message, "ScheduleExpression") from error


def fires_late_by_s(window_minutes: int | None, random: Random) -> float:
    """Return how long after its moment a schedule with that flexible time window is invoked, 0 without.

    "EventBridge Scheduler invokes the target within the window"; here any moment of it is as likely.
    """
    return 0.0 if window_minutes is None else random.uniform(0.0, window_minutes * MINUTE_S)


def is_once(schedule: Schedule) -> bool:
    """Return whether it fires one time at most."""
    return isinstance(schedule, At)


def _cron(expression: str, timezone: str) -> Schedule:
    found = _CRON.fullmatch(expression)
    fields = found[1].split() if found else []
    if found is None or not _increments_fit(fields):
        raise RequestRefused("ValidationException", "no schedule", "ScheduleExpression")
    parse_schedule("rate(1 minute)", timezone)  # refuses a time zone that there is not
    return Cron(expression, timezone, parse_cron(found[1]))


def _increments_fit(fields: list[str]) -> bool:
    for text, most in zip(fields, _STEPS, strict=False):
        for item in text.split(","):
            _, slash, step = item.partition("/")
            if slash and most is not None and step.isdecimal() and int(step) > most:
                return False
    return True
