"""What happened to functions, as lines of the story."""

import function_sample
from function_sample import ASYNC, declared, invoked, throttled

from harness import journal as j
from harness.journal import Record
from harness.summary import ByType
from reports import story
from reports.functions import story as functions_story


def told(*records: Record) -> list[tuple[str, str, str]]:
    """Return kind, text and tone of each line about *records*."""
    return [(one.kind, one.text, one.tone) for one in functions_story.lines(ByType(records))]


def test_limits_are_told_as_they_are_set() -> None:
    """Reserved, provisioned, and taken away again."""
    assert told(
        j.ConcurrencySet(1.0, "f", "", 5, 5),
        j.ConcurrencySet(2.0, "f", "live", 2, 0),
        j.ConcurrencySet(3.0, "f", "live", 2, 2),
        j.ConcurrencySet(4.0, "f", "live", 0, 0),
        j.ConcurrencySet(5.0, "f", "", None, None),
    ) == [
        ("limit", "Function f: 5 reserved.", "plain"),
        ("limit", "Function f:live: 0 of 2 provisioned environments allocated.", "plain"),
        ("limit", "Function f:live: 2 of 2 provisioned environments allocated.", "good"),
        ("limit", "Function f:live: provisioned concurrency was taken away.", "plain"),
        ("limit", "Function f: nothing is reserved.", "plain"),
    ]


def test_throttles_close_together_are_one_line() -> None:
    """By function and reason; what a caller got is worse than what is tried again."""
    found = list(
        functions_story.lines(
            ByType(
                [
                    throttled(30.0, reason="R"),
                    throttled(1.0, reason="R"),
                    throttled(9.0, reason="R"),
                    throttled(2.0, reason="R", function="g", source=ASYNC),
                ]
            )
        )
    )
    assert sorted((one.at, one.until, one.text, one.tone) for one in found) == [
        (1.0, 9.0, "Function f: 2 attempts throttled, R.", "bad"),
        (2.0, None, "Function g: 1 attempt throttled, R.", "warn"),
        (30.0, None, "Function f: 1 attempt throttled, R.", "bad"),
    ]


def test_lost_events_are_one_line_a_kind() -> None:
    """Those that a destination got are not lost."""
    ends = [j.FunctionEventEnded(float(at), 1.0, "f", f"r{at}", "failed", 3) for at in (5, 65)]
    found = list(
        functions_story.lines(
            ByType(
                [
                    *ends,
                    j.FunctionEventEnded(7.0, 1.0, "f", "r", "expired", 0),
                    j.FunctionEventEnded(8.0, 1.0, "f", "kept", "failed", 3, "arn:aws:sqs:r:a:q"),
                ]
            )
        )
    )
    assert [(one.at, one.until, one.text) for one in found] == [
        (5.0, 65.0, "Function f: 2 asynchronous events failed and lost."),
        (7.0, None, "Function f: 1 asynchronous event expired and lost."),
    ]


def test_event_sources_are_told() -> None:
    """When they begin to poll, and when they no longer do."""
    begins = j.EventSourceDeclared(1.0, "m", "f", "q", 10, 0.0)
    ends = j.EventSourceDeclared(9.0, "m", "f", "q", 10, 0.0, enabled=False)
    assert [text for _, text, _ in told(begins, ends)] == [
        "An event source polls q for function f, in batches of at most 10.",
        "An event source no longer polls q for function f, in batches of at most 10.",
    ]


def test_the_story_has_them_in_order() -> None:
    """Among all that happened; an invocation alone is no event."""
    rows = story.rows(ByType(function_sample.all_phenomena()))
    assert {"limit", "throttle", "event"} <= {row.kind for row in rows}
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert story.rows(ByType([declared("f"), invoked(2.0, 1.0)])) == []
