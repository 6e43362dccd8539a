"""Functions whose invocations were kept by the minute: the same page, with what is known."""

import json
from pathlib import Path
from typing import Any

import pytest
from function_sample import RESERVED, declared, throttled, whole
from jsonschema import Draft202012Validator
from test_html import page

from harness import journal as j
from harness.summary import ByType, summarise
from reports.functions import chart as functions_chart
from reports.functions import minutes as functions_minutes
from reports.functions import series as functions_series
from reports.functions import story as functions_story
from reports.functions import words as functions
from reports.functions.throttles import throttles

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/summary.schema.json").read_text())


def minute(at: float, function: str = "f", **changes: Any) -> j.FunctionMinute:
    """Return a minute of invocations."""
    known: dict[str, Any] = {
        "qualifier": "live", "period_s": 60.0, "invocations": 500, "cold_starts": 0, "provisioned": 400,
        "spillover": 100, "throttled": {}, "errors": {}, "concurrency": 4, "of_function": 5, "duration": [],
    }  # fmt: skip
    return j.FunctionMinute(at=at, function=function, **(known | changes))


DAY = whole(
    declared("f", 9),
    j.ConcurrencySet(0.0, "f", "live", 4, 4),
    *(minute(60.0 * n, of_function=3 + n % 6, cold_starts=n % 300 == 0) for n in range(1_440)),
    *(minute(60.0 * n, qualifier="", throttled={RESERVED: 20}) for n in (600, 601, 602, 700)),
    verdict="fail",
)


def test_the_page_has_all_that_is_known() -> None:
    """Most at once, limits, throttles; no durations and no invocation alone."""
    seen = page(DAY)
    for words in ("The line is the most of every 10 min", "Throttled, by reason", "Provisioned concurrency"):
        assert words in seen.words
    assert "The slowest that ended well" not in seen.words
    summary = json.loads(json.dumps(summarise(DAY)))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(summary)] == []


def test_cold_starts_and_throttles_are_told_in_words() -> None:
    """An initialisation time that nobody kept is not named, nor the most at once of all together."""
    good = functions.answer(summarise(whole(minute(60.0, cold_starts=3))))
    assert good is not None
    assert good[1] == "3 began cold. 100 found no provisioned environment free."
    two = summarise(whole(minute(60.0), minute(60.0, "g")))
    assert "Most at once" not in [label for label, *_ in functions.key_figures(two)]


def test_windows_hold_the_most_of_their_minutes() -> None:
    """Ten minutes each over a day, cold starts and throttles added up."""
    known = functions_minutes.load(ByType(DAY), "f", 86_401.0)
    assert known.step_s == 600.0
    assert known.most[60] == (36_000.0, 8)
    assert (known.cold_starts, known.cold) == (5, [300.0, 18_300.0, 36_300.0, 54_300.0, 72_300.0])
    assert (known.throttled[RESERVED][60], sum(known.throttled[RESERVED])) == (60, 80)


def test_functions_are_chosen_and_drawn_as_others_are() -> None:
    """Most throttles first, then most calls; each with its own minutes."""
    many = [minute(60.0, f"f{n}", invocations=n, throttled={"R": 1} if n == 2 else {}) for n in range(9)]
    seen = ByType(many)
    names, cut = functions_series.chosen(seen)
    assert (names, cut) == (["f2", "f4", "f5", "f6", "f7", "f8"], 3)
    shown = functions_series.loads(seen, names, 300.0)
    assert [one.name for one in shown] == names
    svg = functions_chart.load(shown[0], "x").drawings[0][1]
    assert (">most<" in svg, ">running<" in svg, "Throttled per" in svg) == (True, False, True)


def test_throttles_of_both_kinds_are_one_list() -> None:
    """In order of time, each with how many it stands for."""
    found = throttles(ByType([throttled(70.0, reason="R"), minute(60.0, throttled={"R": 7})]))
    assert [(one.at, one.count, one.source) for one in found] == [
        (60.0, 7, "synchronous"),
        (70.0, 1, "synchronous"),
    ]


@pytest.mark.parametrize(("gap_s", "count"), [(60.0, 1), (120.0, 2)])
def test_minutes_in_a_row_are_one_line_of_the_story(gap_s: float, count: int) -> None:
    """With all their attempts."""
    minutes = ByType([minute(60.0, throttled={"R": 7}), minute(60.0 + gap_s, throttled={"R": 2})])
    lines = list(functions_story.lines(minutes))
    assert len(lines) == count
    assert sum(int(line.text.split()[2]) for line in lines) == 9
