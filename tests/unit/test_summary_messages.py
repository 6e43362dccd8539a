"""The summary's account of messages and of processes, and that the schema describes it."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from harness import journal as j
from harness.messaging.statement import ENDS
from harness.summary import summarise

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/summary.schema.json").read_text())
FIRST = j.RunStarted(0.0, "loop", "corrected", "", "wall", 1, 1.79e9, "embedded", {}, {}, "harness run")
ARNS = ("arn:aws:sns:us-east-1:123456789012:in", "arn:aws:sqs:us-east-1:123456789012:closed")
RUN: list[j.Record] = [
    j.QueueDeclared(0.0, "work", 400.0, "dead", 2),
    j.QueueDeclared(0.0, "dead", 400.0),
    j.QueueDeclared(0.0, "idle", 400.0),
    j.DeliveryRefused(1.0, *ARNS, "sns", "no policy"),
    *(
        j.MessagePublished(10.0, 9.0, name, "in", ["work", "hook"], ["other"], ["closed"])
        for name in ("a", "b", "c")
    ),
    j.MessagePublished(11.0, 11.0, "d", "", ["work"], queue="work"),
    j.MessagePublished(11.0, 11.0, "a", "in", [], deduplicated=True),
    *(j.MessageReceived(12.0, "work", f"w{name}", name, 1) for name in ("a", "b", "a")),
    *(j.MessageEnded(13.0, "work", "wa", "a", "deleted") for _ in range(2)),
    j.MessageReceived(14.0, "hook", "a", "a", 1),
    j.MessageEnded(14.0, "hook", "a", "a", "delivered"),
    j.MessageReceived(15.0, "work", "event", "", 1),
    j.MessageEnded(15.5, "work", "event", "", "deleted"),
    j.MessageFound(20.0, "dead", "wb", "b", 2),
    j.QueueSampled(12.0, "work", 2, 1, 0, 2.5),
    *(j.InventoryTaken(20.0, name, 0, 0) for name in ("work", "dead", "idle")),
]


def summary_of(*records: j.Record) -> dict[str, Any]:
    """Return the summary of a run with *records*, checked against the schema."""
    summary = summarise([FIRST, *records, j.RunEnded(30.0, "pass", "", 1.0)])
    errors = Draft202012Validator(SCHEMA).iter_errors(json.loads(json.dumps(summary)))
    assert [error.message for error in errors] == []
    return summary


def test_counts_add_up() -> None:
    """Copies are the sum of their ends; publications are counted once, repeats apart."""
    found = summary_of(*RUN)["messages"]
    assert (found["published"], found["deduplicated"], found["copies"]) == (4, 1, 7)
    assert sum(found[end] for end in ENDS) == 7
    assert {name: found[name] for name in ("processed", "dead_lettered", "lost", "duplicates")} == {
        "processed": 2,
        "dead_lettered": 1,
        "lost": 4,
        "duplicates": 1,
    }
    assert (found["refused"], found["filtered"], found["unexplained"]) == (3, 3, 1)
    assert found["duplicate_messages"] == ["wa"]
    assert found["lost_messages"] == ["c", "d", "b", "c"]


def test_each_queue_and_webhook_has_its_part() -> None:
    """With its depth and age where it was looked at; a queue without messages has none."""
    parts = summary_of(*RUN)["messages"]["by_target"]
    assert list(parts) == ["work", "dead", "other", "closed", "hook"]
    work, dead = parts["work"], parts["dead"]
    assert (work["kind"], work["deepest"], work["oldest_s"], work["redeliveries"]) == ("queue", 3, 2.5, 1)
    assert (work["dead_letter_queue"], dead["dead_letters"]) == ("dead", 1)
    assert work["latency_s"]["deletion"]["max"] == 4.0
    assert parts["hook"]["kind"] == "webhook"
    assert (work["retention_s"], "retention_s" in parts["hook"]) == (400.0, False)
    assert "latency_s" not in dead


def test_edges_say_who_sends_to_whom() -> None:
    """Topics to targets, senders to queues, queues to dead-letter queues: enough to draw the flow."""
    edges = {(one.pop("source"), one.pop("target")): one for one in summary_of(*RUN)["messages"]["edges"]}
    assert edges == {
        ("in", "work"): {"copies": 3, "processed": 1},
        ("in", "hook"): {"copies": 3, "processed": 1},
        ("in", "other"): {"filtered": 3},
        ("in", "closed"): {"refused": 3},
        ("", "work"): {"copies": 1},
        ("work", "dead"): {"dead_lettered": 1},
    }


def test_refusals_are_told_once_with_how_they_ended() -> None:
    """The reason in words; mended where deliveries go through later on."""
    mended = j.DeliveryRefused(2.0, *ARNS, "sns", "the policy allows it", allowed=True)
    [one] = summary_of(*RUN, mended)["messages"]["refusals"]
    assert (one["mended"], one["reason"], one["service"]) == (True, "the policy allows it", "sns")


def test_a_run_without_messages_has_no_part() -> None:
    """Queues alone are no messages; no program, no programs."""
    summary = summary_of(j.QueueDeclared(0.0, "work", 400.0))
    assert "messages" not in summary
    assert "programs" not in summary


def test_messages_that_nobody_published_make_a_part_too() -> None:
    """A queue of S3's events, say; no times, for nobody knows when they were due."""
    found = summary_of(j.MessageReceived(1.0, "work", "event", "", 1))["messages"]
    assert (found["published"], found["unexplained"], found["latency_s"]) == (0, 1, {})


def test_programs_are_counted_by_what_became_of_them() -> None:
    """Starts, restarts by rank, kills, and failures: not those that were asked to stop."""
    changes = [
        *((rank, "started", None) for rank in (0, 1)),
        (0, "killed", -9),
        (0, "started", None),
        (0, "ended", 1),
        (1, "ended", -15),
    ]
    records = [j.ProgramChanged(1.0, "worker", rank, what, code) for rank, what, code in changes]
    assert summary_of(*records)["programs"]["worker"] == {
        "processes": 2,
        "starts": 3,
        "restarts": 1,
        "kills": 1,
        "failures": 1,
        "changes": {"ended": 2, "killed": 1, "started": 3},
    }
