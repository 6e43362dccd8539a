"""What the report says about functions, on the first screen and below."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import function_sample
import pytest
from function_sample import ACCOUNT, ASYNC, SOURCE, declared, invoked, throttled, whole
from jsonschema import Draft202012Validator
from test_html import Page, _poisoned, page

from harness import journal as j
from harness.journal import Record
from harness.summary import summarise
from reports.functions import tables as functions_tables
from reports.functions import words as functions
from reports.functions import worst as functions_worst
from reports.html import render
from reports.junit import junit

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/summary.schema.json").read_text())
RUNS = {
    "all": function_sample.all_phenomena(),
    "one": function_sample.one_function(),
    "ten": function_sample.ten_functions(),
}
HTML = {name: render(records, summarise(records)) for name, records in RUNS.items()}
EACH = pytest.mark.parametrize("name", RUNS)


def answer(*records: Record, verdict: str = "fail") -> tuple[str, str, str]:
    """Return headline, detail and tone of the answer about functions."""
    found = functions.answer(summarise(whole(*records, verdict=verdict)))
    assert found is not None
    return found


def told(**counts: Any) -> list[tuple[str, str]]:
    """Return the cells of the first table of a run in which `f` had *counts*, by label and text."""
    found = functions_tables.tables({"by_function": {"f": FIGURES | counts}}, [])
    return [(cell.label, cell.text) for cell in found[0].rows[0].cells]


FIGURES: dict[str, Any] = {
    "invocations": 3, "cold_starts": 0, "spillover": 0, "throttles": {}, "errors": {}, "sources": {},
    "peak_concurrency": 2,
}  # fmt: skip


# -- the first screen -----


@pytest.mark.parametrize(
    ("name", "tone", "headline"),
    [
        ("all", "bad", "5 of 46 asynchronous events were lost: no destination got a record of it"),
        ("one", "ok", "All 60 invocations ended well"),
        (
            "ten",
            "bad",
            "726 of 4,020 invocations were throttled: ReservedFunctionConcurrentInvocationLimitExceeded",
        ),
    ],
)
def test_the_first_screen_answers_the_question(name: str, tone: str, headline: str) -> None:
    """In one sentence with its figures; it stands before the section."""
    found = functions.answer(summarise(RUNS[name]))
    assert found is not None
    assert (found[2], found[0]) == (tone, headline)
    words = Page(HTML[name]).words
    assert words.index(headline) < words.index("Invocations at once, initialisation included")


def test_several_reasons_are_told_by_the_most_frequent() -> None:
    """And those who were throttled are told apart: who got a 429, and what is tried again."""
    found = answer(
        throttled(1.0), throttled(2.0), throttled(3.0, reason=ACCOUNT, source=ASYNC),
        throttled(4.0, source=SOURCE), invoked(5.0, 4.0),
    )  # fmt: skip
    assert found[0].endswith("throttled: mostly ReservedFunctionConcurrentInvocationLimitExceeded")
    others = "1 of asynchronous events and 1 of an event source"
    assert found[1] == f"2 callers got a 429. Lambda tries the others again: {others}."


def test_what_lambda_tries_again_is_a_warning() -> None:
    """Nobody saw it, and nothing was lost."""
    headline, detail, tone = answer(throttled(3.0, source=ASYNC), invoked(5.0, 4.0))
    assert headline.startswith("1 of 2 invocations was throttled")
    assert (detail, tone) == ("Lambda tries them again: 1 of asynchronous events.", "warn")
    assert answer(throttled(3.0), verdict="pass")[2] == "warn"


def test_failures_are_told_by_what_came_of_them() -> None:
    """The most frequent first; one kind alone needs no count of its own."""
    bad = [invoked(2.0, 1.0, outcome="timeout"), invoked(2.0, 1.0, outcome="timeout")]
    assert answer(*bad, invoked(2.0, 1.0))[0] == "2 of 3 invocations failed: timed out"
    words = answer(*bad, invoked(2.0, 1.0, outcome="memory"))[0]
    assert words == "3 of 3 invocations failed: 2 timed out, 1 ran out of memory"


def test_a_function_that_nobody_called_is_said() -> None:
    """It is a warning where the run failed."""
    assert answer(declared("f")) == ("No function was invoked", "", "warn")
    assert answer(declared("f"), verdict="pass")[2] == "plain"


def test_all_is_well_with_the_time_it_took() -> None:
    """The slowest of a few, 99 of 100 of many; cold starts and spill-over are facts."""
    headline, detail, tone = answer(invoked(1.5, 1.0))
    assert (headline, tone) == ("The one invocation ended well", "ok")
    assert detail == "The slowest took 500 ms."
    cold = invoked(3.0, 1.0, cold=True, init_s=0.5, qualifier="live")
    spilled = answer(j.ConcurrencySet(0.1, "f", "live", 2, 2), *[cold] * 100)[1]
    assert "100 began cold, with an initialisation of at most 500 ms." in spilled
    assert "100 found no provisioned environment free." in spilled
    assert "99 of 100 took at most 2 s." in spilled


def test_a_machine_slower_than_the_clock_is_said() -> None:
    """Beside good news and bad: more ran at once than would have on AWS."""
    slow = invoked(3.0, 1.0, duration_s=1.0)
    assert "held 2 times as long as their invocations took" in answer(slow)[1]
    bad = answer(invoked(2.5, 1.0, duration_s=1.0, outcome="error"))[1]
    assert "held 50 % longer than their invocations took" in bad
    assert "held" not in answer(invoked(2.05, 1.0, duration_s=1.0))[1]
    assert "A slower clock shows it truer." in page(whole(slow)).words


def test_a_run_without_functions_has_no_section() -> None:
    """It says what it does not have; totals of virtual time have figures and no answer."""
    seen = page(whole(j.PhaseStarted(1.0, "load", "")))
    assert "functions" not in seen.all("id")
    assert "functions" in seen.words[seen.words.index("Not part of this run") :]
    totals = summarise(whole(j.FunctionServed(2.0, "f", 9, 4)))
    assert functions.answer(totals) is None
    assert functions.key_figures(totals) == [
        ("Invocations", "9", ""),
        ("Spillover", "4", "ran on demand instead"),
    ]


def test_a_timer_without_functions_is_a_table() -> None:
    """Its schedule fires to a queue: nothing was invoked, and nothing is said of invocations."""
    timed = whole(j.TimerFired(60.0, 60.0, "minutely", 2))
    assert functions.answer(summarise(timed)) is None
    assert functions.key_figures(summarise(timed)) == []
    words = page(timed).words
    assert "minutely" in words
    assert "Invocations at once" not in words


def test_key_figures_name_what_holds_them() -> None:
    """The reserved concurrency of the only function, else the account's."""
    found = {label: of for label, _, of in functions.key_figures(summarise(whole(declared("f", 4))))}
    assert found["Most at once"] == "of 4 reserved"
    found = {label: of for label, _, of in functions.key_figures(summarise(RUNS["all"]))}
    assert found["Most at once"] == "of 20 in the account"
    assert found["Events lost"] == "of 46 asynchronous"


# -- the section -----


def test_every_part_is_there() -> None:
    """What happened over time, who was throttled, what failed with its log, what was lost, the timers."""
    words = Page(HTML["all"]).words
    for part in (
        "Invocations at once", "By function", "Throttled, by reason", "Provisioned concurrency",
        "Event sources", "Asynchronous events", "Timers", "Asynchronous events that were lost",
        "What failed", "Durations", "The slowest that ended well", "row = parse(record[\"body\"])",
    ):  # fmt: skip
        assert part in words, part


def test_columns_depend_on_what_there_was() -> None:
    """No spill-over column without provisioned concurrency; a dash where there is no time."""
    labels = [label for label, _ in told()]
    assert "Spillover" not in labels
    assert "p50" not in labels
    times = dict.fromkeys(("p50", "p90", "p95", "p99", "max"), 0.5)
    assert [text for label, text in told(duration_s=times) if label in ("p50", "Init p50")] == ["500 ms", "-"]
    assert ("Spillover", "2") in told(spillover=2)
    assert ("At once", "2 of 5") in told(reserved=5)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, ""),
        ({"memory_used_mb": 70}, "70 MB used"),
        ({"memory_mb": 128, "timeout_s": 3.0}, "128 MB, timeout 3 s"),
        ({"memory_mb": 128, "timeout_s": 3.0, "memory_used_mb": 70}, "70 of 128 MB used, timeout 3 s"),
    ],
)
def test_memory_and_timeout_stand_below_the_name(known: dict[str, Any], words: str) -> None:
    """As far as they are known."""
    assert functions_tables.tables({"by_function": {"f": FIGURES | known}}, [])[0].rows[0].below == words


def test_what_is_not_known_is_a_dash() -> None:
    """No age where no attempt began, no pollers where nobody looked; no column of nothing but dashes."""
    found = summarise(
        whole(
            j.FunctionEventEnded(2.0, 1.0, "f", "r", "expired", 0),
            j.ConcurrencySet(1.0, "f", "live", 2, 0),
            throttled(1.0, source=SOURCE, trigger="m"),
        )
    )["functions"]
    rows = {table.title: table.rows[0] for table in functions_tables.tables(found, [])}
    assert {cell.label: cell.text for cell in rows["Asynchronous events"].cells}["Age p50"] == "-"
    assert [cell.label for cell in rows["Provisioned concurrency"].cells] == [
        "Requested",
        "Allocated",
        "Spillover",
    ]
    assert {cell.label: cell.text for cell in rows["Event sources"].cells}["Pollers"] == "-"
    assert rows["Event sources"].name == "m"


def test_long_tables_are_cut() -> None:
    """With a note of how many rows there are more."""
    seen = page(whole(*(declared(f"f{number}") for number in range(75)), invoked(2.0, 1.0, "f1")))
    assert "15 more rows are not shown here" in seen.words
    assert "4 more functions are not drawn" in Page(HTML["ten"]).words


# -- the worst -----


def test_failures_are_shown_by_their_kind() -> None:
    """The most frequent first, each once: with the first log there is, and only its end where it is long."""
    bad = [
        invoked(2.0, 1.0, outcome="error", error="KeyError: a", log=""),
        invoked(5.0, 4.0, outcome="error", error="KeyError: b", log="y" * 5_000 + "the end"),
        invoked(3.0, 2.0, outcome="timeout", error="Sandbox.Timedout: x"),
        invoked(3.0, 2.0),
    ]
    found, cut = functions_worst.failed(bad, {})
    assert [(one.chip, one.line) for one in found] == [
        ("raised an error", "KeyError, 2 times, 00:02 to 00:05"),
        ("timed out", "Sandbox.Timedout, once"),
    ]
    assert (found[0].error, found[0].log[-7:], len(found[0].log), cut) == ("KeyError: b", "the end", 3_001, 0)
    assert [one.is_open for one in found] == [True, False]
    kinds = [invoked(2.0, 1.0, outcome="error", error=f"E{number}: x") for number in range(20)]
    assert functions_worst.failed(kinds, {})[1] == 8


def test_the_slowest_count_their_initialisation() -> None:
    """And tell whatever is known of them, nothing else."""
    slow = invoked(
        3.0, 1.0, duration_s=0.4, cold=True, init_s=1.6, attempt=2, records=10, failed_records=1, due_at=0.5,
        qualifier="live", version="3", provisioned=True, source=SOURCE, trigger="m", memory_mb=None,
    )  # fmt: skip
    first, second = functions_worst.slowest([invoked(2.0, 1.0, caller="role/api"), slow], {"m": "jobs"})
    assert (first.chip, first.line, second.line) == ("2 s", "cold, at 00:01", "at 00:01")
    assert first.facts == [
        ("Began", "00:01"), ("Duration", "400 ms"), ("Initialisation", "1.6 s"), ("Waited before", "500 ms"),
        ("Asked by", "event source, jobs"), ("Attempt", "2"), ("Batch", "10 records, 1 came back"),
        ("Version", "3 (live)"), ("Environment", "f/0 (provisioned)"), ("Request", "f-1.000"),
    ]  # fmt: skip
    assert ("Asked by", "synchronous, role/api") in second.facts
    assert ("Memory", "71 MB") in second.facts


def test_lost_events_are_named() -> None:
    """With what became of them; not those that a destination got."""
    ended = [
        j.FunctionEventEnded(200.0, 1.0, "f", "tried", "failed", 3),
        j.FunctionEventEnded(200.0, 1.0, "f", "kept", "failed", 3, "arn:aws:sqs:r:a:dead"),
        j.FunctionEventEnded(300.0, 1.0, "f", "old", "expired", 0),
    ]
    rows, more = functions_worst.lost(ended)
    assert [(one.request, one.how) for one in rows] == [
        ("tried", "failed after 3 attempts, 00:01 to 03:20"),
        ("old", "expired before it was tried, 00:01 to 05:00"),
    ]
    assert (more, functions_worst.lost(ended * 15)[1]) == (0, 10)


# -- the whole page -----


@EACH
def test_summaries_fit_the_schema(name: str) -> None:
    """Through JSON and back."""
    summary = json.loads(json.dumps(summarise(RUNS[name])))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(summary)] == []


@EACH
def test_links_labels_and_figures_fit_together(name: str) -> None:
    """No id twice, no link that leads nowhere, words for every drawing."""
    seen = Page(HTML[name])
    ids = seen.all("id")
    assert len(ids) == len(set(ids))
    targets = [href[1:] for href in seen.all("href") if href.startswith("#")]
    assert set(targets + seen.all("aria-labelledby")) <= set(ids)
    described = [attrs["aria-label"] for _, attrs in seen.elements if attrs.get("role") == "img"]
    assert all(len(words or "") > 60 for words in described)
    assert all(attrs.get("aria-hidden") == "true" for tag, attrs in seen.elements if tag == "svg")


def test_whatever_a_journal_says_stays_text() -> None:
    """Markup in names, errors and logs is shown as text; sources and outcomes keep their words."""
    kinds = (
        j.FunctionDeclared, j.FunctionInvoked, j.FunctionThrottled, j.FunctionEventEnded, j.ConcurrencySet,
        j.EventSourceDeclared, j.TimerFired,
    )  # fmt: skip
    records = [_poisoned(one) if isinstance(one, kinds) else one for one in RUNS["all"][::7]]
    seen = page(records)
    assert not {"script", "img"} & {tag for tag, _ in seen.elements}
    assert not [name for _, attrs in seen.elements for name in attrs if name.startswith("on")]
    assert "<script>alert(1)</script>" in seen.words


def test_beside_an_endpoint_the_capacity_comes_first() -> None:
    """Functions follow where the run scales something."""
    capacity = [j.CapacityChanged(1.0, "ranker", "A", 1, 1), j.CapacityChanged(2.0, "ranker", "A", 2, 2)]
    records = whole(j.PhaseStarted(0.5, "load", ""), *capacity, declared("f"), invoked(3.0, 2.0))
    marks = ("timeline", "why", "functions", "configuration")
    assert [value for value in page(records).all("id") if value in marks] == [
        "timeline",
        "why",
        "functions",
        "configuration",
    ]


def test_a_run_of_100_000_invocations_is_small_and_quick() -> None:
    """Below 1 MB, however many logs the journal keeps, and drawn within 5 s (1 s on an idle machine)."""
    many = [
        replace(one, log="x" * 4_000)
        for one in (
            invoked(5.0 + n / 30 + 0.4, 5.0 + n / 30, outcome="error", error=f"E{n}") for n in range(200)
        )
    ]
    rest = [invoked(5.0 + n / 30 + 0.4, 5.0 + n / 30, cold=n % 7 == 0) for n in range(100_000)]
    records = whole(declared("f", 30), *many, *rest)
    summary = summarise(records)
    began = time.perf_counter()
    html = render(records, summary)
    took = time.perf_counter() - began
    assert took < 5.0
    assert len(html.encode()) < 1_000_000


def test_what_kept_invocations_from_ending_well_is_in_junit() -> None:
    """Whoever reads the CI's view sees it though no expectation speaks of it; nothing where all was well."""
    told = junit(summarise(RUNS["all"])).findtext("testsuite/system-out") or ""
    assert "functions: 5 of 46 asynchronous events were lost" in told
    assert "functions: 722 of 4,404 invocations were throttled" in told
    assert junit(summarise(RUNS["one"])).find("testsuite/system-out") is None
    assert junit(summarise(whole(j.FunctionServed(2.0, "f", 9, 4)))).find("testsuite/system-out") is None
