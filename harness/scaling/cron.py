"""The six fields of cron(): Minutes Hours Day_of_Month Month Day_of_Week Year, days 1 (SUN) to 7 (SAT).

Refusals carry the words of Quartz, which AWS passes on after "Invalid CRON expression: error at position 0,
details:", and then the field that is meant.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from harness.errors import RequestRefused

FIRST_YEAR, LAST_YEAR = 1970, 2199  # Application Auto Scaling user guide, table of the cron fields
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
SATURDAY = 7

# "L-3" is the third day before the last, "LW" the last weekday, "15W" the weekday nearest to the 15th.
_MONTH_DAY = re.compile(r"L(?:-(?P<before>\d{1,2}))?(?P<weekday>W)?|(?P<nearest>\d{1,2})W", re.ASCII)
# "6L" is the last Friday, "6#3" the third; "L" alone is Saturday, the last day of the week.
_WEEK_DAY = re.compile(r"(?P<day>\w+?)(?:(?P<last>L)|#(?P<nth>\w+))", re.ASCII)
_ITEM = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\w+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: its name in AWS's guide, its bounds, its names, and how Quartz words a value outside."""

    name: str
    least: int
    most: int
    outside: str
    names: tuple[str, ...] = ()


_MINUTES = _Field("Minutes", 0, 59, "Minute and Second values must be between 0 and 59")
_HOURS = _Field("Hours", 0, 23, "Hour values must be between 0 and 23")
_MONTH_DAYS = _Field("Day_of_Month", 1, 31, "Day of month values must be between 1 and 31")
_MONTHS = _Field("Month", 1, 12, "Month values must be between 1 and 12", MONTHS)
_WEEK_DAYS = _Field("Day_of_Week", 1, 7, "Day-of-Week values must be between 1 and 7", DAYS)
_YEARS = _Field("Year", FIRST_YEAR, LAST_YEAR, f"Year values must be between {FIRST_YEAR} and {LAST_YEAR}")


@dataclass(frozen=True, slots=True)
class DayRule:
    """Which days of a month a day field names; the rules that need the month's calendar stand apart.

    `of_month` and `of_week` hold plain days (1 is SUN); `before_last` counts back from the last day of the
    month; `nearest` moves the day found to the nearest weekday of the month; `nth` is the one of `of_week`
    that counts, -1 for the last.
    """

    of_month: frozenset[int] = frozenset()
    of_week: frozenset[int] = frozenset()
    before_last: int | None = None
    nearest: bool = False
    nth: int = 0

    def days(self, year: int, month: int) -> list[int]:
        """Return the days of that month in order."""
        first, count = monthrange(year, month)  # first: 0 is Monday
        if self.of_week:
            named = [day for day in range(1, count + 1) if (first + day) % 7 + 1 in self.of_week]
            return self._nth(named)
        named = [count - self.before_last] if self.before_last is not None else sorted(self.of_month)
        inside = [day for day in named if 1 <= day <= count]
        return [_nearest_weekday(day, first, count) for day in inside] if self.nearest else inside

    def _nth(self, named: list[int]) -> list[int]:
        if not self.nth:
            return named
        if self.nth < 0:
            return named[-1:]
        return named[self.nth - 1 : self.nth]


@dataclass(frozen=True, slots=True)
class CronFields:
    """A parsed expression: the times of a day in order, and the days."""

    times: tuple[tuple[int, int], ...]
    days: DayRule
    months: tuple[int, ...]
    years: tuple[int, ...]

    def days_from(self, begin: date) -> Iterator[date]:
        """Yield the days from *begin* on that the expression names, in order."""
        for year in self.years:
            for month in self.months:
                if (year, month) >= (begin.year, begin.month):
                    days = (date(year, month, day) for day in self.days.days(year, month))
                    yield from (day for day in days if day >= begin)


def parse_cron(body: str) -> CronFields:
    """Return the fields of cron(*body*); RequestRefused in AWS's words, with the field that is wrong."""
    fields = body.split()
    if len(fields) != 6:
        raise _refused(
            "Unexpected end of expression. cron() has six fields (Minutes Hours Day_of_Month Month "
            f"Day_of_Week Year), {body!r} has {len(fields)}"
        )
    minutes, hours, month_days, months, week_days, years = (field.upper() for field in fields)
    times = tuple((hour, minute) for hour in _values(hours, _HOURS) for minute in _values(minutes, _MINUTES))
    return CronFields(
        times=times,
        days=_day_rule(month_days, week_days),
        months=_values(months, _MONTHS),
        years=_values(years, _YEARS),
    )


def _day_rule(month_days: str, week_days: str) -> DayRule:
    if month_days == week_days == "?":
        raise _wrong("'?' can only be specified for Day-of-Month -OR- Day-of-Week.", _MONTH_DAYS, month_days)
    if "?" not in (month_days, week_days):
        raise _wrong(
            "Support for specifying both a day-of-week AND a day-of-month parameter is not implemented.",
            _WEEK_DAYS,
            week_days,
        )
    return _of_week(week_days) if month_days == "?" else _of_month(month_days)


def _of_month(text: str) -> DayRule:
    special = _MONTH_DAY.fullmatch(text)
    if special is None:
        return DayRule(of_month=frozenset(_values(text, _MONTH_DAYS)))
    if special["nearest"]:
        return DayRule(of_month=frozenset([_value(special["nearest"], _MONTH_DAYS)]), nearest=True)
    before = int(special["before"] or 0)
    if before > 30:
        raise _wrong("Offset from last day must be <= 30", _MONTH_DAYS, text)
    return DayRule(before_last=before, nearest=special["weekday"] is not None)


def _of_week(text: str) -> DayRule:
    if text == "L":
        return DayRule(of_week=frozenset([SATURDAY]))
    special = _WEEK_DAY.fullmatch(text)
    if special is None:
        return DayRule(of_week=frozenset(_values(text, _WEEK_DAYS)))
    day = frozenset([_value(special["day"], _WEEK_DAYS)])
    if special["last"]:
        return DayRule(of_week=day, nth=-1)
    if special["nth"] not in ("1", "2", "3", "4", "5"):
        raise _wrong("A numeric value between 1 and 5 must follow the '#' option", _WEEK_DAYS, text)
    return DayRule(of_week=day, nth=int(special["nth"]))


def _values(text: str, field: _Field) -> tuple[int, ...]:
    """Return the values that a list of numbers, names, ranges and steps stands for, in order."""
    found: set[int] = set()
    for item in text.split(","):
        found.update(_item(item, field))
    return tuple(sorted(found))


def _item(item: str, field: _Field) -> range | list[int]:
    match = _ITEM.fullmatch(item)
    if match is None or (match["first"] == "*" and match["last"]):
        raise _wrong(f"Illegal characters for this position: {item!r}", field, item)
    step = _step(match["step"], field)
    if match["first"] == "*":
        return range(field.least, field.most + 1, step)
    first = _value(match["first"], field)
    if match["last"] is None:
        return range(first, field.most + 1, step) if match["step"] else [first]
    last = _value(match["last"], field)
    if last >= first:
        return range(first, last + 1, step)
    if field is _YEARS:
        raise _wrong("Start year must be less than stop year", field, item)
    size = field.most - field.least + 1  # Quartz wraps: 22-2 is 22, 23, 0, 1, 2
    return [(each - field.least) % size + field.least for each in range(first, last + size + 1, step)]


def _step(text: str | None, field: _Field) -> int:
    if text is None:
        return 1
    if not text.isdecimal() or int(text) == 0:
        raise _wrong("'/' must be followed by an integer.", field, f"/{text}")
    if int(text) > field.most - field.least + 1:
        raise _wrong(f"Increment > {field.most - field.least + 1} : {text}", field, f"/{text}")
    return int(text)


def _value(text: str, field: _Field) -> int:
    if text in field.names:
        return field.names.index(text) + 1
    if not text.isdecimal():
        kind = "Day-of-Week" if field is _WEEK_DAYS else field.name
        raise _wrong(f"Invalid {kind} value: {text!r}", field, text)
    if not field.least <= int(text) <= field.most:
        raise _wrong(field.outside, field, text)
    return int(text)


def _nearest_weekday(day: int, first: int, count: int) -> int:
    """Return the weekday of the month nearest to *day*; *first* is the month's first day, 0 is Monday."""
    weekday = (first + day - 1) % 7
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < count else day - 2
    return day


def _wrong(details: str, field: _Field, text: str) -> RequestRefused:
    return _refused(f"{details} (field {field.name}: {text!r})")


def _refused(details: str) -> RequestRefused:
    message = (
        "Invalid schedule expression. Details: Invalid CRON expression: error at position 0, "
        f"details: {details}"
    )
    return RequestRefused("ValidationException", message, "Schedule")
