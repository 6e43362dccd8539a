"""What is known of queues, and what CloudWatch is shown of them."""

import json
from datetime import UTC, datetime

import pytest

from harness import journal
from harness.aws.messages.queue_metrics import datapoints
from harness.aws.messages.queues import Queues, queue_name
from harness.aws.messages.sampler import counts
from harness.aws.messages.sending import attributes_of, due_at_of
from harness.aws.messages.tallies import Tallies, Tally
from harness.gateway.chain import Exchange
from harness.messaging.attributes import Attribute
from harness.messaging.correlation import Correlation, QueueRules

URL = "http://127.0.0.1:4566/123456789012/work"
DEAD = "arn:aws:sqs:us-east-1:123456789012:dead"


@pytest.mark.parametrize(
    "address", [URL, f"{URL}/", "/123456789012/work", "work", DEAD.replace("dead", "work")]
)
def test_a_queue_is_known_by_the_last_part_of_its_address(address: str) -> None:
    """URL, path or ARN."""
    assert queue_name(address) == "work"


def test_rules_are_told_when_they_change() -> None:
    """Attributes that nobody gave keep their values; a queue that was deleted is forgotten."""
    records: list[journal.Record] = []
    state = Correlation()
    queues = Queues(records.append, state)
    queues.declare(URL, {}, 1.0)
    redrive = json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": "3"})
    queues.declare(URL, {"RedrivePolicy": redrive, "VisibilityTimeout": 5}, 2.0)
    queues.declare(URL, {"MessageRetentionPeriod": "60", "DeduplicationScope": "messageGroup"}, 3.0)
    queues.declare(URL, {"MessageRetentionPeriod": "60"}, 4.0)
    assert records == [
        journal.QueueDeclared(1.0, "work", 345_600.0),
        journal.QueueDeclared(2.0, "work", 345_600.0, "dead", 3),
        journal.QueueDeclared(3.0, "work", 60.0, "dead", 3),
    ]
    queues.see(URL, 5.0)
    assert len(records) == 3
    assert state.rules_of("work") == QueueRules(60.0, 5.0, "dead", 3)
    assert queues.dedups_by_group("work")
    queues.forget("work")
    assert (queues.urls, state.rules) == ({}, {})


def test_what_is_asked_for_is_told_when_the_backend_answers() -> None:
    """A queue may be refused; what was noted of it holds once it is there."""
    records: list[journal.Record] = []
    queues = Queues(records.append, Correlation())
    queues.note(URL, {"MessageRetentionPeriod": 90})
    assert records == []
    queues.see(f"{URL}/", 2.0)
    assert records == [journal.QueueDeclared(2.0, "work", 90.0)]
    assert queues.urls == {"work": URL}


@pytest.mark.parametrize("policy", ["", "broken", "[]", "{}", '{"deadLetterTargetArn": 5}'])
def test_a_redrive_policy_that_says_nothing_is_none(policy: str) -> None:
    """The backend has let it pass; so do we."""
    state = Correlation()
    Queues(lambda _record: None, state).declare(URL, {"RedrivePolicy": policy, "VisibilityTimeout": "x"}, 1.0)
    assert state.rules_of("work") == QueueRules()


def test_the_minutes_datapoints_are_sqss_own() -> None:
    """Names and units of the guide; a size only where something was sent."""
    tallies = Tallies()
    for size in (50, 100, 70):
        tallies.of("work").add_sent(size)
    sample = journal.QueueSampled(61.0, "work", 3, 2, 1, None)
    found = {point.metric: point for point in datapoints(sample, tallies.take("work"), 60.0)}
    values = {name: point.sum for name, point in found.items()}
    assert values["ApproximateNumberOfMessagesVisible"] == 3
    assert values["NumberOfMessagesSent"] == 3
    assert found["SentMessageSize"].as_datum() == {
        "MetricName": "SentMessageSize",
        "Dimensions": [{"Name": "QueueName", "Value": "work"}],
        "Timestamp": datetime(1970, 1, 1, 0, 1, tzinfo=UTC),
        "StatisticValues": {"SampleCount": 3, "Sum": 220, "Minimum": 50, "Maximum": 100},
        "Unit": "Bytes",
    }
    assert tallies.take("work") == Tally()
    assert len(datapoints(sample, Tally(), 60.0)) == len(found) - 1


def test_counts_are_those_of_get_queue_attributes() -> None:
    """Visible, in flight, delayed; what is not said is none."""
    assert counts({"ApproximateNumberOfMessages": "3", "ApproximateNumberOfMessagesDelayed": "1"}) == (
        3,
        0,
        1,
    )


@pytest.mark.parametrize(
    ("said", "wanted"), [("12.5", 12.5), ("soon", 4.0), ("nan", 4.0), ("inf", 4.0), (None, 4.0)]
)
def test_a_due_moment_is_a_finite_number(said: str | None, wanted: float) -> None:
    """Anything else is the moment of the call."""
    header = f"X-Harness-Due-At: {said}\r\n" if said is not None else ""
    head = f"POST / HTTP/1.1\r\n{header}\r\n".encode()
    assert due_at_of(Exchange.from_head(head, received_at=4.0)) == wanted


def test_message_attributes_are_read_from_a_publication() -> None:
    """Text as it is, binary decoded; what is no base64 is empty."""
    fields = {}
    for number, (name, kind, member, value) in enumerate(
        [
            ("kind", "String", "StringValue", "spike"),
            ("data", "Binary.png", "BinaryValue", "AAE="),
            ("bad", "Binary", "BinaryValue", "A"),
        ]
    ):
        prefix = f"MessageAttributes.entry.{number + 1}"
        fields |= {
            f"{prefix}.Name": name,
            f"{prefix}.Value.DataType": kind,
            f"{prefix}.Value.{member}": value,
        }
    assert attributes_of(fields) == {
        "kind": Attribute("String", "spike"),
        "data": Attribute("Binary.png", b"\x00\x01"),
        "bad": Attribute("Binary", b""),
    }
