"""What the report says about messages and processes, on the first screen and below."""

import json
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import message_sample
import pytest
import sample
from jsonschema import Draft202012Validator
from message_sample import once
from message_sample import whole as run
from test_html import Page, _poisoned, page

from harness import journal as j
from harness.journal import Record
from harness.scenario.faults.duplicated_delivery import DuplicatedDelivery
from harness.summary import ByType, summarise
from reports import answers
from reports.html import render
from reports.messages import words as messages

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/summary.schema.json").read_text())
RUNS = {
    "clean": message_sample.clean_run(200),
    "lossy": message_sample.lossy_run(),
    "unheard": message_sample.unheard_run(),
    "refused": message_sample.refused_run(),
    "many": message_sample.many_queues(),
}
EACH = pytest.mark.parametrize("name", RUNS)


@cache
def html(name: str) -> str:
    """Return the page of a sample run, drawn once for all tests."""
    return render(RUNS[name], summarise(RUNS[name]))


def answer(records: list[Record]) -> answers.Answer:
    """Return the answer on messages, which comes first."""
    found = answers.answers(ByType(records), summarise(records))[0]
    assert found.question == "Does every message arrive once?"
    return found


# -- the first screen -----


@pytest.mark.parametrize(
    ("name", "tone", "headline"),
    [
        ("clean", "ok", "All 390 messages arrived once; 10 ended in a dead-letter queue"),
        ("lossy", "bad", "60 of 1,000 copies were lost"),
        ("unheard", "bad", "2 of 2 messages to training-events reached nobody: the topic has no subscriber"),
        ("refused", "bad", "AWS would refuse 2 of 3 copies: no policy lets them into 2 targets"),
        ("many", "bad", "10 of 2,780 copies were lost"),
    ],
)
def test_the_first_screen_answers_the_question(name: str, tone: str, headline: str) -> None:
    """In one sentence with its figures; it stands before everything else."""
    found = answer(RUNS[name])
    assert (found.tone, found.headline) == (tone, headline)
    words = Page(html(name)).words
    assert words.index(headline) < words.index("From where messages were published")


def test_all_is_well_when_every_message_arrived_once() -> None:
    """With the slowest of a few, and 99 of 100 of many."""
    found = answer(run(*once(1_000), *message_sample.taken(9.0, q=0)))
    assert (found.tone, found.headline) == ("ok", "All 1,000 messages arrived once")
    assert found.detail == "99 of 100 were processed within 2 s of the moment they were due."
    found = answer(run(*once(1), *message_sample.taken(9.0, q=0)))
    assert found.headline == "The one message arrived once"
    assert found.detail == "The slowest was processed within 2 s of the moment it was due."


def test_what_the_expectations_allow_for_is_a_warning() -> None:
    """A run that passed may lose what it said it would."""
    lost = message_sample.published(5, 1.0, "t", "q")
    found = answer(run(*once(4), lost, *message_sample.taken(9.0, q=0)))
    assert (found.tone, found.headline) == ("warn", "1 of 5 messages was lost")


@pytest.mark.parametrize(("verdict", "tone"), [("pass", "plain"), ("fail", "warn")])
def test_messages_that_nobody_took_arrived(verdict: str, tone: str) -> None:
    """They are in their queue: not lost, and not done."""
    late = message_sample.published(5, 1.0, "t", "q")
    left = j.MessageFound(8.0, "q", "m", "p00005", 0)
    found = answer(run(*once(4), late, left, *message_sample.taken(9.0, q=1), verdict=verdict))
    assert (found.tone, found.headline) == (tone, "All 5 messages arrived; 1 was still in a queue at the end")
    found = answer(run(late, left, *message_sample.taken(9.0, q=1)))
    assert found.headline == "The one message arrived, and none was processed"


def test_other_ends_are_told() -> None:
    """Processed twice, emptied, expired, wrong queues: each in its own words, the worst as the headline."""
    twice = run(*once(4), message_sample.deleted(0, 4.0, "q"), *message_sample.taken(9.0, q=0))
    assert answer(twice).headline == "1 of 4 messages was processed more than once"
    gone = j.MessageEnded(8.0, "q", "m", "p00005", "purged")
    purged = run(*once(4), message_sample.published(5, 1.0, "t", "q"), gone, *message_sample.taken(9.0, q=0))
    assert answer(purged).headline == "All 5 messages arrived; 1 went when a queue was emptied"
    brief = j.QueueDeclared(0.9, "r", 60.0)
    old = run(brief, message_sample.published(1, 1.0, "t", "r"), j.InventoryTaken(90.0, "r", 0, 0))
    assert answer(old).headline == "1 of 1 message expired before anybody processed it"
    wrong = run(*once(4), message_sample.received(0, 2.0, "r"), *message_sample.taken(9.0, q=0, r=0))
    assert answer(wrong).headline == "1 copy came to a queue where no subscription puts it"


def test_messages_that_came_again_on_purpose_are_no_trouble() -> None:
    """Up to as many as the fault made come again."""
    again = [message_sample.deleted(number, 4.0, "q") for number in range(2)]
    fault = j.FaultEnded(9.0, DuplicatedDelivery.KIND, "10 %", 4, 2)
    found = answer(run(*once(4), *again, fault, *message_sample.taken(9.0, q=0)))
    assert found.tone == "ok"
    assert found.headline == "All 4 messages arrived; only those came twice that a fault made come again"
    assert found.detail.startswith("2 came again on purpose once they were processed")
    found = answer(run(*once(4), *again, replace(fault, hit=1), *message_sample.taken(9.0, q=0)))
    assert (found.tone, found.headline) == ("warn", "2 of 4 messages were processed more than once")


def test_a_run_that_processed_nothing_is_bad() -> None:
    """Every message is still there, and the expectations wanted otherwise."""
    one, left = message_sample.published(5, 1.0, "t", "q"), j.MessageFound(8.0, "q", "m", "p00005", 0)
    assert answer(run(*message_sample.declared("q"), one, left, verdict="fail")).tone == "bad"


def test_what_else_went_wrong_follows_the_headline() -> None:
    """So do calls to publish that failed, and that messages were given out again."""
    found = answer(RUNS["lossy"])
    assert found.detail.startswith("Also: 11 of 1,000 copies were processed more than once.")
    assert "11 receives gave a message out again." in found.detail
    failed = j.LoadRequest(1.0, "t", "failed", 429, target="topic")
    found = answer(run(failed, *once(4), *message_sample.taken(9.0, q=0)))
    assert "1 call to publish failed" in found.detail


def test_a_run_whose_filters_leave_out_everything_lost_nothing() -> None:
    """Nothing was due."""
    one = message_sample.published(1, 1.0, "t", filtered=["q"])
    found = answer(run(*message_sample.declared("q"), one))
    assert found.headline == "No message was due anywhere: filters left all of them out"
    found = answer(run(*message_sample.declared("q"), j.MessageReceived(2.0, "q", "m", "", 1)))
    assert found.headline == "1 message came from elsewhere; nobody knows how many should have"
    found = answer(run(message_sample.published(1, 1.0, "t", others=["function"])))
    assert found.headline == "Nothing was due to arrive at a queue or webhook"


def test_a_closed_way_is_told_even_if_no_message_took_it() -> None:
    """The next message would be refused."""
    refused = RUNS["refused"][3]
    assert isinstance(refused, j.DeliveryRefused)
    found = answer(run(*once(2), refused, *message_sample.taken(9.0, q=0)))
    assert found.headline == "AWS would refuse 1 way that messages are to go"


def test_a_load_of_messages_is_not_told_as_calls() -> None:
    """Without an endpoint nobody asks whether it would have held; the strip counts messages."""
    asked = [one.question for one in answers.answers(ByType(RUNS["clean"]), summarise(RUNS["clean"]))]
    assert asked == ["Does every message arrive once?"]
    words = Page(html("clean")).words
    assert "Messages offered" in words
    assert "Calls offered" not in words


def test_a_run_with_endpoints_and_messages_asks_all_questions() -> None:
    """What was asked of endpoints counts in "would it have held?", what was published does not."""
    call = j.LoadRequest(1.0, sample.ENDPOINT, "ok", 200, service_s=0.5)
    failed = j.LoadRequest(1.0, "t", "failed", 429, target="topic")
    records = run(call, failed, *once(3), *message_sample.taken(9.0, q=0))
    found = answers.answers(ByType(records), summarise(records))
    assert [one.headline for one in found] == ["The one call was answered", "All 3 messages arrived once"]


def test_key_figures_count_messages() -> None:
    """Published, processed, lost, how long it took, the deepest queue; nothing where there were none."""
    figures = {label: (value, of) for label, value, of in messages.key_figures(summarise(RUNS["lossy"]))}
    assert figures["Published"] == ("500", "1,000 copies due")
    assert figures["Processed"] == ("930", "of 1,000")
    assert figures["Lost"] == ("60", "11 others twice")
    assert figures["Deepest queue"] == ("98", "orders")
    assert messages.key_figures({}) == []


# -- the page -----


@EACH
def test_pages_are_whole_and_small(name: str) -> None:
    """Below 1 MB, no id twice, no link that leads nowhere, every figure in words, nothing loaded."""
    seen, ids = Page(html(name)), Page(html(name)).all("id")
    assert len(html(name).encode()) < 1_000_000
    assert len(ids) == len(set(ids))
    targets = [href[1:] for href in seen.all("href") if href.startswith("#")]
    assert set(targets + seen.all("aria-labelledby")) <= set(ids)
    described = [attrs["aria-label"] for _, attrs in seen.elements if attrs.get("role") == "img"]
    assert described
    assert all(len(words or "") > 60 for words in described)
    assert not {"script", "img", "iframe"} & {tag for tag, _ in seen.elements}


@EACH
def test_summaries_fit_the_schema(name: str) -> None:
    """The sample journals are such as the summary knows."""
    summary = json.loads(json.dumps(summarise(RUNS[name])))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(summary)] == []


def poisoned(record: Record) -> Record:
    """Return *record* with markup in its texts; what a process did stays, for it decides the row's words."""
    changed = _poisoned(record)
    if isinstance(record, j.ProgramChanged) and isinstance(changed, j.ProgramChanged):
        return replace(changed, what=record.what)
    return changed


def test_whatever_a_journal_of_messages_says_stays_text() -> None:
    """Markup in names of queues, programs and reasons is shown as text."""
    for records in (RUNS["refused"], RUNS["unheard"], message_sample.clean_run(40)):
        seen = page([poisoned(one) for one in records])
        assert not {"script", "img"} & {tag for tag, _ in seen.elements}
        assert "<script>alert(1)</script>" in seen.words


def test_messages_stand_where_the_reader_asks_for_them() -> None:
    """First in a run of messages; after the latency in one of endpoints."""
    ids = Page(html("clean")).all("id")
    assert ids.index("messages") < ids.index("why")
    scaled = sample.scaled_run(calls=60)
    ids = page([*scaled[:-1], *once(3), scaled[-1]]).all("id")
    assert ids.index("latency") < ids.index("messages") < ids.index("predictions")


def test_a_run_without_messages_has_no_such_section() -> None:
    """And says so."""
    seen = page(run())
    assert "messages" not in seen.all("id")
    assert "messages" in seen.words[seen.words.index("Not part of this run") :]


def test_each_queue_has_its_row() -> None:
    """All with the same columns; those that are zero everywhere are left out, but for the main ends."""
    rows = messages.target_rows(summarise(RUNS["lossy"])["messages"], ["orders", "audit-hook"])
    assert [row.name for row in rows] == ["orders", "audit-hook", "audit"]
    cells = {row.name: {cell.label: (cell.text, cell.tone) for cell in row.cells} for row in rows}
    assert len({tuple(of) for of in cells.values()}) == 1
    assert "Expired" not in cells["orders"]
    assert cells["orders"]["Lost"] == ("60", "loud")
    assert cells["orders"]["Oldest"] == ("4.9 s", "")
    assert cells["orders"]["Done p99"] == ("404 ms", "")
    assert cells["audit"]["Lost"] == ("0", "zero")
    assert cells["audit"]["Done p50"] == ("-", "")


def test_lost_and_repeated_messages_are_named() -> None:
    """The first twenty by their ids, with the queue that each is of."""
    lost, repeated = messages.named(summarise(RUNS["lossy"])["messages"])
    assert (lost.count, len(lost.ids), lost.ids[0]) == (60, 20, ("orders", "p00003"))
    assert lost.where == "orders"
    assert replace(lost, ids=[*lost.ids, ("audit", "p1")]).where == ""
    assert (repeated.count, repeated.ids[0]) == (11, ("orders", message_sample.message_id("orders", 11)))
    assert "Lost in orders: 60, the first 20 by message id" in Page(html("lossy")).words


def test_a_long_run_is_drawn_quickly() -> None:
    """6,000 messages, 21,000 records: hardly more than a short one, and below 1 MB."""
    records = message_sample.clean_run(3_000)
    summary = summarise(records)
    began = time.process_time()
    html = render(records, summary)
    assert time.process_time() - began < 2.0
    assert len(html.encode()) < 1_000_000
