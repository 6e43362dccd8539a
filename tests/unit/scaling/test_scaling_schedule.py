"""When scheduled actions run: at(), rate() and cron() in a time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from amount import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import RequestRefused, ScenarioError
from harness.scaling.schedule import ScheduledAction, parse_schedule

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def runs(expression: str, timezone: str, begin: str, count: int = 3) -> list[str]:
    """Return the first runs after *begin*, in UTC."""
    schedule, now, found = parse_schedule(expression, timezone), epoch(begin), []
    for _ in range(count):
        after = schedule.next_after(now)
        if after is None:
            break
        found.append(datetime.fromtimestamp(after, UTC).strftime("%Y-%m-%dT%H:%M"))
        now = after
    return found


# -- the guide's kinds -----


@pytest.mark.parametrize(
    ("expression", "begin", "expected"),
    [
        ("cron(0 8 ? * MON-FRI *)", "2026-01-02T09:00", ["2026-01-05T08:00", "2026-01-06T08:00"]),
        ("cron(0/30 10 1 1 ? 2027)", "2026-01-01T00:00", ["2027-01-01T10:00", "2027-01-01T10:30"]),
        ("cron(0 0 L * ? *)", "2026-02-01T00:00", ["2026-02-28T00:00", "2026-03-31T00:00"]),
        ("cron(0 0 L-2 2 ? *)", "2026-01-01T00:00", ["2026-02-26T00:00", "2027-02-26T00:00"]),
        ("cron(0 0 LW * ? *)", "2026-05-01T00:00", ["2026-05-29T00:00", "2026-06-30T00:00"]),
        ("cron(0 0 15W 8 ? *)", "2026-01-01T00:00", ["2026-08-14T00:00", "2027-08-16T00:00"]),
        ("cron(0 0 1W 8 ? *)", "2026-01-01T00:00", ["2026-08-03T00:00", "2027-08-02T00:00"]),
        ("cron(0 0 31W 5 ? *)", "2026-01-01T00:00", ["2026-05-29T00:00", "2027-05-31T00:00"]),
        ("cron(0 0 ? * L *)", "2026-01-01T00:00", ["2026-01-03T00:00", "2026-01-10T00:00"]),
        ("cron(0 0 ? * 6L *)", "2026-01-01T00:00", ["2026-01-30T00:00", "2026-02-27T00:00"]),
        ("cron(0 0 ? * fri#5 *)", "2026-01-01T00:00", ["2026-01-30T00:00", "2026-05-29T00:00"]),
        ("cron(0 0 29 FEB ? *)", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 22-1 1 1 ? *)", "2026-01-01T01:30", ["2026-01-01T22:00", "2026-01-01T23:00"]),
        ("cron(0 0 ? 1 SAT-SUN 2026)", "2026-01-01T00:00", ["2026-01-03T00:00", "2026-01-04T00:00"]),
        ("cron(10,20 */12 * * ? *)", "2026-01-01T12:15", ["2026-01-01T12:20", "2026-01-02T00:10"]),
        ("cron(0 0 * * ? 2030/100)", "2026-01-01T00:00", ["2030-01-01T00:00", "2030-01-02T00:00"]),
        ("at(2026-03-01T10:20:30)", "2026-01-01T00:00", ["2026-03-01T10:20"]),
        ("at(2026-03-01T10:20:30)", "2026-03-01T10:20:30", []),
        ("rate(1 minute)", "2026-01-01T00:00", ["2026-01-01T00:01", "2026-01-01T00:02"]),
        ("rate(12 hours)", "2026-01-01T00:00", ["2026-01-01T12:00", "2026-01-02T00:00"]),
        ("rate(1 days)", "2026-01-01T06:00", ["2026-01-02T00:00", "2026-01-03T00:00"]),
        ("cron(0 0 1 1 ? 2020)", "2026-01-01T00:00", []),
        ("cron(0 0 30 2 ? *)", "2026-01-01T00:00", []),
    ],
)
def test_what_an_expression_names(expression: str, begin: str, expected: list[str]) -> None:
    """The runs in UTC, strictly after the moment asked about."""
    assert runs(expression, "UTC", begin, 2) == expected


@pytest.mark.parametrize(
    ("expression", "timezone", "begin", "expected"),
    [
        # 02:30 does not exist on 2026-03-08 in New York.
        ("cron(30 2 * * ? *)", NEW_YORK, "2026-03-07T00:00", ["2026-03-07T07:30", "2026-03-09T06:30"]),
        # 01:30 comes twice on 2026-11-01; the first one counts.
        ("cron(30 1 * * ? *)", NEW_YORK, "2026-10-31T12:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
        ("cron(0 8 * * ? *)", BERLIN, "2026-03-28T08:00", ["2026-03-29T06:00", "2026-03-30T06:00"]),
        ("cron(0 0 * * ? *)", "Asia/Kolkata", "2026-01-01T00:00", ["2026-01-01T18:30", "2026-01-02T18:30"]),
        ("at(2026-07-01T12:00:00)", BERLIN, "2026-01-01T00:00", ["2026-07-01T10:00"]),
        ("rate(6 hours)", BERLIN, "2026-03-29T00:00", ["2026-03-29T06:00", "2026-03-29T12:00"]),
    ],
)
def test_time_zones_and_their_clock_changes(
    expression: str, timezone: str, begin: str, expected: list[str]
) -> None:
    """at() and cron() follow the clocks of the zone, rate() does not."""
    assert runs(expression, timezone, begin, 2) == expected


def test_beyond_the_last_year() -> None:
    """The year field ends at 2199."""
    assert parse_schedule("cron(0 0 * * ? *)").next_after(1e11) is None


def test_from_before_the_first_year() -> None:
    """Moments before 1970 are asked about by nobody but must not fail."""
    assert parse_schedule("cron(0 0 * * ? *)").next_after(-1e9) == 0.0


# -- AWS's refusals -----


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 8 * * ? *", "Schedule expressions must have the following syntax"),
        ("every(5 minutes)", "Schedule expressions must have the following syntax"),
        ("rate(5 weeks)", "'5 weeks'"),
        ("rate(-5 minutes)", "'-5 minutes'"),
        ("rate(0 minutes)", "Invalid schedule frequency.*less than 60 seconds apart"),
        ("at(2026-03-08)", "Invalid schedule at DateTime expression"),
        ("at(2026-13-08T00:00:00)", "Invalid schedule at DateTime expression.*month"),
        ("at(2026-01-01T00:00:00Z)", "Invalid format"),
        ("cron(nonsense)", "six fields.*has 1"),
        ("cron(0 8 * * ?)", "six fields.*has 5"),
        ("cron(0 16 * * MON-FRI *)", "both a day-of-week AND a day-of-month.*field Day_of_Week"),
        ("cron(0 16 ? * ? *)", "-OR- Day-of-Week.*field Day_of_Month"),
        ("cron(60 8 * * ? *)", "between 0 and 59.*field Minutes: '60'"),
        ("cron(0 24 * * ? *)", "between 0 and 23.*field Hours: '24'"),
        ("cron(0 8 0 * ? *)", "between 1 and 31.*field Day_of_Month: '0'"),
        ("cron(0 8 32W * ? *)", "between 1 and 31.*field Day_of_Month: '32'"),
        ("cron(0 8 L-31 * ? *)", "must be <= 30.*field Day_of_Month"),
        ("cron(0 8 * 13 ? *)", "between 1 and 12.*field Month: '13'"),
        ("cron(0 8 * MON ? *)", "Invalid Month value: 'MON'"),
        ("cron(0 8 ? * 8 *)", "between 1 and 7.*field Day_of_Week: '8'"),
        ("cron(0 8 ? * FOO *)", "Invalid Day-of-Week value: 'FOO'"),
        ("cron(0 8 ? * FRI#6 *)", "between 1 and 5.*field Day_of_Week"),
        ("cron(0 8 * * ? 1969)", "between 1970 and 2199.*field Year"),
        ("cron(0 8 * * ? 2030-2028)", "Start year must be less.*field Year"),
        ("cron(*/0 8 * * ? *)", "must be followed by an integer.*field Minutes"),
        ("cron(*/61 8 * * ? *)", "Increment > 60 : 61.*field Minutes"),
        ("cron(*-5 8 * * ? *)", "Illegal characters.*field Minutes"),
        ("cron(0 8,, * * ? *)", "Illegal characters.*field Hours"),
        ("cron(0 8 1,L * ? *)", "field Day_of_Month: 'L'"),
    ],
)
def test_an_expression_nobody_can_parse(expression: str, said: str) -> None:
    """AWS's words, and after them the field that is meant."""
    with pytest.raises(RequestRefused, match=said) as error:
        parse_schedule(expression)
    assert (error.value.code, error.value.field) == ("ValidationException", "Schedule")
    assert isinstance(error.value, ScenarioError)


@pytest.mark.parametrize("timezone", ["Mars/Base", "", "/etc/passwd", "Europe"])
def test_a_time_zone_that_is_none(timezone: str) -> None:
    """The refusal names the member Timezone."""
    with pytest.raises(RequestRefused, match="Invalid timezone") as error:
        parse_schedule("rate(1 hour)", timezone)
    assert error.value.field == "Timezone"


def test_at_a_time_the_clocks_jump_over() -> None:
    """A moment that never comes is refused instead of moved."""
    with pytest.raises(RequestRefused, match="offset transition") as error:
        parse_schedule("at(2026-03-08T02:30:00)", NEW_YORK)
    assert (error.value.code, error.value.field) == ("ValidationException", "Schedule")


# -- actions with a start and an end -----


def action(expression: str, start: str | None = None, end: str | None = None) -> ScheduledAction:
    bounds = (None if each is None else epoch(each) for each in (start, end))
    return ScheduledAction("a", parse_schedule(expression), 1, 2, *bounds)


def test_a_rate_counts_from_the_start() -> None:
    """Also the first run: at the start itself."""
    every = action("rate(2 hours)", start="2026-01-01T00:30")
    assert every.next_after(epoch("2025-12-01T00:00")) == epoch("2026-01-01T00:30")
    assert every.next_after(epoch("2026-01-01T00:30")) == epoch("2026-01-01T02:30")


def test_a_rate_without_a_start_counts_from_when_it_was_put() -> None:
    """The first run is one interval later."""
    every = action("rate(5 minutes)")
    assert every.next_after(100.0, put_epoch_s=100.0) == 400.0
    assert every.next_after(400.0, put_epoch_s=100.0) == 700.0


def test_a_cron_waits_for_the_start_and_stops_at_the_end() -> None:
    """Both ends belong to the span."""
    daily = action("cron(0 8 * * ? *)", start="2026-01-02T08:00", end="2026-01-03T08:00")
    first = daily.next_after(epoch("2026-01-01T00:00"))
    assert first == epoch("2026-01-02T08:00")
    second = daily.next_after(epoch("2026-01-02T08:00"))
    assert second == epoch("2026-01-03T08:00")
    assert daily.next_after(epoch("2026-01-03T08:00")) is None


# -- properties -----

numbers = {
    "minute": st.integers(0, 59),
    "hour": st.integers(0, 23),
    "day": st.integers(1, 31),
    "month": st.integers(1, 12),
    "weekday": st.integers(1, 7),
}


@st.composite
def field(draw: st.DrawFn, kind: str, least: int, most: int) -> tuple[str, set[int]]:
    """Return a field and, worked out in another way, the values it stands for."""
    everything = set(range(least, most + 1))
    form = draw(st.sampled_from(["*", "list", "range", "step", "from"]))
    first, last = sorted((draw(numbers[kind]), draw(numbers[kind])))
    step = draw(st.integers(1, most - least))
    if form == "*":
        return "*", everything
    if form == "list":
        return f"{first},{last}", {first, last}
    if form == "range":
        return f"{first}-{last}", {each for each in everything if first <= each <= last}
    if form == "step":
        return f"*/{step}", {each for each in everything if (each - least) % step == 0}
    return f"{first}/{step}", {each for each in everything if each >= first and (each - first) % step == 0}


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, dict[str, set[int]]]:
    minute, minutes = draw(field("minute", 0, 59))
    hour, hours = draw(field("hour", 0, 23))
    month, months = draw(field("month", 1, 12))
    if draw(st.booleans()):
        day, days = draw(field("day", 1, 31))
        weekday, weekdays = "?", set(range(1, 8))
    else:
        weekday, weekdays = draw(field("weekday", 1, 7))
        day, days = "?", set(range(1, 32))
    named = {"minute": minutes, "hour": hours, "day": days, "month": months, "weekday": weekdays}
    return f"cron({minute} {hour} {day} {month} {weekday} *)", named


def _named(moment: datetime, named: dict[str, set[int]]) -> bool:
    return (
        moment.fold == 0
        and moment.minute in named["minute"]
        and moment.hour in named["hour"]
        and moment.day in named["day"]
        and moment.month in named["month"]
        and moment.isoweekday() % 7 + 1 in named["weekday"]
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    expressions(),
    st.sampled_from(["UTC", NEW_YORK, BERLIN, "Australia/Lord_Howe"]),
    st.sampled_from(["2026-03-07T12:00", "2026-03-28T12:00", "2026-10-31T20:00", "2026-04-04T03:00"]),
    st.integers(0, 59),
)
def test_the_next_run_is_what_a_scan_of_every_minute_finds(
    expression: tuple[str, dict[str, set[int]]], timezone: str, begin: str, second: int
) -> None:
    """Over two days around a change of the clocks, minute by minute."""
    text, named = expression
    start = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    zone = ZoneInfo(timezone)
    minutes = (start + timedelta(minutes=minute) for minute in range(1, 2 * 1440))
    expected = next((m.timestamp() for m in minutes if _named(m.astimezone(zone), named)), None)
    found = parse_schedule(text, timezone).next_after(start.timestamp() + second)
    if expected is None:
        assert found is None or found >= (start + timedelta(days=2)).timestamp()
    else:
        assert found == expected


@given(st.integers(1, 5), st.integers(1, 7), st.integers(2024, 2031))
def test_the_nth_weekday(nth: int, weekday: int, year: int) -> None:
    """`#` counts the days of that name in the month, and a month without a fifth is passed over."""
    schedule = parse_schedule(f"cron(0 0 ? * {weekday}#{nth} *)")
    days = (date(year, 1, 1) + timedelta(days=each) for each in range(120))
    expected = next(d for d in days if d.isoweekday() % 7 + 1 == weekday and (d.day - 1) // 7 + 1 == nth)
    assert schedule.next_after(epoch(f"{year}-01-01T00:00") - 1) == epoch(f"{expected}T00:00")


@given(st.integers(1, 31), st.integers(1, 12), st.integers(2024, 2031))
def test_the_nearest_weekday(day: int, month: int, year: int) -> None:
    """`W` never leaves the month, and no weekday of the month is nearer."""
    found = parse_schedule(f"cron(0 0 {day}W {month} ? {year})").next_after(0.0)
    try:
        wanted = date(year, month, day)
    except ValueError:
        assert found is None
        return
    assert found is not None
    chosen = datetime.fromtimestamp(found, UTC).date()
    distance = abs((chosen - wanted).days)
    nearer = [wanted + timedelta(days=each) for each in range(-distance + 1, distance)]
    assert chosen.isoweekday() <= 5
    assert (chosen.year, chosen.month) == (year, month)
    assert not any(each.isoweekday() <= 5 and each.month == month for each in nearer)
