"""When a scheduled action runs: the at(), rate() and cron() expressions of Application Auto Scaling.

Sources: Application Auto Scaling API reference (PutScheduledAction) and user guide ("Schedule recurring
scaling actions using cron expressions"). AWS parses cron with Quartz, as its published refusals show
("Invalid CRON expression: error at position 0, details: Invalid Month value: 'MON'"), so that what the guide
leaves out follows Quartz: ranges may wrap, W and # take one day, exactly one of the two day fields is "?".

Libraries were looked at: croniter and cronsim read Unix cron (no "?", no W, another first day of the week),
aws-croniter and pyawscron know UTC only and stop after ten months without a run.

No clock is read here: moments are seconds since 1970-01-01T00:00:00Z.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from harness.errors import RequestRefused
from harness.scaling.cron import LAST_YEAR, CronFields, parse_cron

RULE = (
    r"Schedule expressions must have the following syntax: rate(<number>\s?(minutes?|hours?|days?)), "
    "cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss)."
)
"""AWS's own sentence for an expression of no known form (PutScheduledAction, seen in published logs)."""

_FORM = re.compile(r"(at|rate|cron)\((.*)\)", re.DOTALL)
_RATE = re.compile(r"(\d{1,9}) ?(minute|hour|day)s?")
_AT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)", re.ASCII)
_UNIT_S = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
_END_EPOCH_S = datetime(LAST_YEAR + 1, 1, 2, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class At:
    """Runs once."""

    expression: str
    epoch_s: float

    def next_after(self, epoch_s: float, anchor_epoch_s: float = 0.0) -> float | None:
        """Return the moment when it is later than *epoch_s*, None once it has passed."""
        return self.epoch_s if self.epoch_s > epoch_s else None


@dataclass(frozen=True, slots=True)
class Every:
    """Runs at equal intervals from an anchor on: rate()."""

    expression: str
    interval_s: float

    def next_after(self, epoch_s: float, anchor_epoch_s: float = 0.0) -> float | None:
        """Return the first multiple of the interval from *anchor_epoch_s* that is later than *epoch_s*."""
        steps = math.floor((epoch_s - anchor_epoch_s) / self.interval_s) + 1
        return anchor_epoch_s + max(steps, 0) * self.interval_s


@dataclass(frozen=True, slots=True)
class Cron:
    """Runs at the wall-clock times of a zone that its six fields name.

    A time that the zone skips in spring is skipped; one that comes twice in autumn counts the first time
    only (EventBridge Scheduler's guide says so of the same expressions; the Auto Scaling guide is silent).
    """

    expression: str
    timezone: str
    fields: CronFields = field(repr=False)  # its years alone would fill a screen

    def next_after(self, epoch_s: float, anchor_epoch_s: float = 0.0) -> float | None:
        """Return the first run later than *epoch_s*, None when the years end before one."""
        if epoch_s >= _END_EPOCH_S:
            return None
        zone = ZoneInfo(self.timezone)
        begin = datetime.fromtimestamp(max(epoch_s, 0.0), zone).date()
        for day in self.fields.days_from(begin):
            for hour, minute in self.fields.times:
                run = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                moment = run.timestamp()
                if moment > epoch_s and _exists(run):
                    return moment
        return None


Schedule = At | Every | Cron


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """One scheduled action of a target: when it runs and which bounds it sets; None leaves a bound alone."""

    name: str
    schedule: Schedule
    min_capacity: int | None
    max_capacity: int | None
    start_epoch_s: float | None = None
    end_epoch_s: float | None = None

    def next_after(self, epoch_s: float, put_epoch_s: float = 0.0) -> float | None:
        """Return the first run later than *epoch_s* and within start and end, None when there is none.

        A rate counts from the start time, without one from *put_epoch_s*, when the action was made.
        """
        start = self.start_epoch_s
        if start is None:
            found = self.schedule.next_after(epoch_s, put_epoch_s)
        else:
            # The start itself is inside: PutScheduledAction, StartTime, "for this scheduled action to start".
            found = self.schedule.next_after(max(epoch_s, math.nextafter(start, -math.inf)), start)
        if found is None or (self.end_epoch_s is not None and found > self.end_epoch_s):
            return None
        return found


def parse_schedule(expression: str, timezone: str = "UTC") -> Schedule:
    """Return when *expression* runs, read in *timezone*.

    Raises RequestRefused (a ScenarioError) with AWS's words, naming the field of a cron expression.
    """
    zone = _zone(timezone)
    form = _FORM.fullmatch(expression)
    if form is None:
        raise _refused(RULE)
    kind, body = form.groups()
    if kind == "at":
        return _at(expression, body, zone)
    if kind == "rate":
        return _rate(expression, body)
    return Cron(expression, timezone, parse_cron(body))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: a folder of zones, as "Europe"
        message = f"Invalid timezone: {name!r} is not the canonical name of an IANA time zone."
        raise RequestRefused("ValidationException", message, "Timezone") from error


def _at(expression: str, body: str, zone: ZoneInfo) -> At:
    found = _AT.fullmatch(body)
    wrong = f"Invalid schedule at DateTime expression. Details: Invalid format: {body!r}"
    if found is None:
        raise RequestRefused(
            "ValidationException", f"{wrong} is not of the form yyyy-MM-dd'T'HH:mm:ss.", "Schedule"
        )
    try:
        moment = datetime(*map(int, found.groups()), tzinfo=zone)  # type: ignore[misc, arg-type]
        epoch_s = moment.timestamp()
    except (ValueError, OverflowError) as error:
        raise RequestRefused("ValidationException", f"{wrong}: {error}.", "Schedule") from error
    if not _exists(moment):
        raise RequestRefused(
            "ValidationException",
            f"Invalid schedule at DateTime expression. Details: Cannot parse {body!r}: Illegal instant due "
            f"to time zone offset transition ({zone.key}).",
            "Schedule",
        )
    return At(expression, epoch_s)


def _rate(expression: str, body: str) -> Every:
    found = _RATE.fullmatch(body)
    if found is None:
        raise _refused(f"{RULE} The rate {body!r} is not of that form.")
    interval_s = int(found[1]) * _UNIT_S[found[2]]
    if not interval_s:
        raise RequestRefused(
            "ValidationException",
            f"Invalid schedule frequency. Run for {expression} are less than 60 seconds apart.",
            "Schedule",
        )
    return Every(expression, interval_s)


def _exists(moment: datetime) -> bool:
    """Return whether the clocks of its zone ever show *moment*; they jump over an hour in spring."""
    shown = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return shown.replace(tzinfo=None, fold=0) == moment.replace(tzinfo=None, fold=0)


def _refused(details: str) -> RequestRefused:
    message = f"Invalid schedule expression. Details: {details}"
    return RequestRefused("ValidationException", message, "Schedule")
