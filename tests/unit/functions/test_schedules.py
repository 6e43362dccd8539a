"""rate(), cron() and at() of EventBridge rules and Scheduler: what AWS takes, and when they fire."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RequestRefused
from harness.functions.schedules import (
    Timetable,
    fires_late_by_s,
    is_once,
    rule_schedule,
    scheduler_schedule,
)

MINUTE_S = 60.0


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# -- what AWS takes -----


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(1 hour)",
        "rate(12 hours)",
        "rate(1 day)",
        "rate(7 days)",
        "cron(0 10 * * ? *)",
        "cron(0/5 8-17 ? * MON-FRI *)",
        "cron(0 9 ? * 2#1 *)",
        "cron(15 12 L * ? 2026-2030)",
    ],
)
def test_taken_by_both(expression: str) -> None:
    """The examples of the guides."""
    assert rule_schedule(expression).expression == scheduler_schedule(expression).expression == expression


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(1 hours)",
        "rate(2 day)",
        "rate(0 minutes)",
        "rate(-1 minutes)",
        "rate(1.5 hours)",
        "rate(1 week)",
        "rate(5minutes)",
        "cron(* * * * *)",
        "cron(0 8 1 * MON *)",
        "cron(0 8 ? * ? *)",
        "cron(0 8 * * * *)",
        "cron(*/60 * * * ? *)",
        "cron(0 */24 * * ? *)",
        "cron(15 12 ? * -1 *)",
        "cron(60 8 * * ? *)",
        "cron(0 8 * * ? *) ",
        "at(2026-01-01T00:00:00)",
        "every minute",
        "",
    ],
)
def test_refused_for_rules(expression: str) -> None:
    """PutRule has one sentence for all of them."""
    with pytest.raises(RequestRefused, match=r"^Parameter ScheduleExpression is not valid\.$") as caught:
        rule_schedule(expression)
    assert caught.value.code == "ValidationException"


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "rate(5 minute)", "at(2026-01-01T00:00:00)"])
def test_taken_by_scheduler_alone(expression: str) -> None:
    """Scheduler does not look at singular and plural, and has one-time schedules."""
    assert scheduler_schedule(expression).expression == expression


@pytest.mark.parametrize(
    "expression",
    ["rate(0 minutes)", "rate(1 week)", "cron(0 8 1 * MON *)", "at(2026-02-30T00:00:00)", "at(soon)", "x"],
)
def test_refused_by_scheduler(expression: str) -> None:
    """CreateSchedule repeats the expression."""
    with pytest.raises(RequestRefused) as caught:
        scheduler_schedule(expression)
    assert caught.value.message == f"Invalid Schedule Expression {expression}."
    assert (caught.value.code, caught.value.field) == ("ValidationException", "ScheduleExpression")


def test_a_time_zone_that_there_is_not() -> None:
    """The zone is named, not the expression."""
    with pytest.raises(RequestRefused, match="'Mars/Base'") as caught:
        scheduler_schedule("cron(0 8 * * ? *)", "Mars/Base")
    assert (caught.value.code, caught.value.field) == ("ValidationException", "ScheduleExpressionTimezone")


# -- when they fire -----


def test_a_rule_counts_down_from_its_making() -> None:
    """The first run is one interval after it."""
    table = Timetable(rule_schedule("rate(1 minute)"), 1000.0)
    assert [table.next_after(moment) for moment in (0.0, 1000.0, 1059.9, 1060.0)] == [
        1060.0,
        1060.0,
        1060.0,
        1120.0,
    ]


def test_a_schedule_begins_at_once() -> None:
    """Without a start date a rate runs as soon as it is made."""
    table = Timetable(scheduler_schedule("rate(1 minute)"), 1000.0, at_once=True)
    assert [table.next_after(moment) for moment in (999.0, 1000.0)] == [1000.0, 1060.0]


def test_start_and_end() -> None:
    """A rate counts from its start date; after the end date nothing runs."""
    table = Timetable(
        scheduler_schedule("rate(5 minutes)"), 1000.0, start_epoch_s=2000.0, end_epoch_s=2400.0, at_once=True
    )
    assert [table.next_after(moment) for moment in (0.0, 2000.0, 2300.0)] == [2000.0, 2300.0, None]


def test_once() -> None:
    """at() runs one time, in the zone it is given."""
    schedule = scheduler_schedule("at(2026-07-01T08:00:00)", "Europe/Berlin")
    table = Timetable(schedule, 0.0, at_once=True)
    assert is_once(schedule)
    assert table.next_after(0.0) == epoch("2026-07-01T06:00:00")
    assert table.next_after(epoch("2026-07-01T06:00:00")) is None
    assert not is_once(scheduler_schedule("rate(1 minute)"))


def test_cron_in_a_zone() -> None:
    """A run whose hour the clocks skip in spring does not come."""
    table = Timetable(scheduler_schedule("cron(30 2 * * ? *)", "Europe/Berlin"), 0.0)
    assert table.next_after(epoch("2026-03-28T12:00:00")) == epoch("2026-03-30T00:30:00")


def test_flexible_window() -> None:
    """The run is somewhere within the window, the same one for the same seed."""
    late = [fires_late_by_s(15, Random("1")) for _ in range(2)]
    assert late[0] == late[1]
    assert 0.0 < late[0] < 900.0
    assert fires_late_by_s(None, Random("1")) == 0.0


# -- cron against its definition -----

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def stands_for(text: str, value: int, least: int) -> bool:
    """Return whether *value* is in a field of numbers, ranges, steps and lists, read as the guide says."""
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        low = least if first in ("*", "?") else int(first)
        open_end = first in ("*", "?") or bool(step)
        high = int(last) if last else (10**6 if open_end else low)
        if low <= value <= high and (value - low) % int(step or 1) == 0:
            return True
    return False


def runs_at(fields: list[str], moment: datetime) -> bool:
    """Return whether all six fields name this minute."""
    minutes, hours, month_days, months, week_days, years = fields
    day_of_week = (moment.weekday() + 1) % 7 + 1  # 1 is SUN
    return (
        stands_for(minutes, moment.minute, 0)
        and stands_for(hours, moment.hour, 0)
        and stands_for(month_days, moment.day, 1)
        and stands_for(months, moment.month, 1)
        and stands_for(week_days, day_of_week, 1)
        and stands_for(years, moment.year, 1970)
    )


def numbers(least: int, most: int, step: int) -> st.SearchStrategy[str]:
    """Fields with the values from *least* to *most*, and increments up to *step*."""
    value = st.integers(least, most)
    return st.one_of(
        st.just("*"),
        value.map(str),
        st.lists(value, min_size=2, max_size=3).map(lambda found: ",".join(map(str, found))),
        st.tuples(value, value).map(lambda pair: f"{min(pair)}-{max(pair)}"),
        st.tuples(value, st.integers(1, step)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )


DAY_FIELDS = st.one_of(
    numbers(1, 31, 31).map(lambda days: (days, "?")), numbers(1, 7, 7).map(lambda days: ("?", days))
)
# Hours and minutes of few values, so that a slow search over a few days of minutes finds something.
CRON = st.tuples(numbers(0, 59, 59), numbers(0, 23, 23), DAY_FIELDS, numbers(1, 12, 12)).map(
    lambda each: [each[0], each[1], each[2][0], each[3], each[2][1], "*"]
)


@given(fields=CRON, begin=st.integers(0, 6 * 365 * 1440))
def test_cron_is_what_it_says(fields: list[str], begin: int) -> None:
    """The next run is the first minute that every field names; looked for one by one over three days."""
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=begin)
    found = Timetable(rule_schedule(f"cron({' '.join(fields)})"), 0.0).next_after(start.timestamp())
    slow = start
    for _ in range(3 * 1440):
        slow += timedelta(minutes=1)
        if runs_at(fields, slow):
            assert found == slow.timestamp()
            return
    assert found is None or found > slow.timestamp()


@pytest.mark.parametrize("number", range(7))
def test_days_of_the_week_by_name(number: int) -> None:
    """SUN is 1, SAT is 7."""
    by_name = rule_schedule(f"cron(0 8 ? * {DAYS[number]} *)").next_after(epoch("2026-01-01T00:00:00"))
    by_number = rule_schedule(f"cron(0 8 ? * {number + 1} *)").next_after(epoch("2026-01-01T00:00:00"))
    assert by_name == by_number
    assert by_name is not None
    assert datetime.fromtimestamp(by_name, UTC).strftime("%a").upper() == DAYS[number]
