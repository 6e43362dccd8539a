"""The outbox: in order, once each, and it says what it could not send."""

import json
from collections.abc import Collection
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scenarios._messaging.outbox import NotSent, Outbox


class Fifo:
    """A FIFO topic that throttles the calls of these numbers, and refuses this entry once."""

    def __init__(self, throttled: Collection[int] = (), refused_once: str = "") -> None:
        self.got: list[str] = []
        self._throttled = throttled
        self._refused = refused_once
        self._calls = 0

    def publish_batch(self, *, PublishBatchRequestEntries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        self._calls += 1
        if self._calls - 1 in self._throttled:
            raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "PublishBatch")
        failed = []
        for entry in PublishBatchRequestEntries:
            name = entry["MessageDeduplicationId"]
            if name == self._refused:
                self._refused = ""
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            elif name not in self.got:
                assert json.loads(entry["Message"])["id"] == name
                self.got.append(name)
        return {"Successful": [], "Failed": failed}


def sent(topic: Fifo, count: int, *, patience_s: float = 20.0) -> Outbox:
    """Put *count* messages into an outbox to *topic* and close it."""
    with Outbox(topic, "arn", group="g", patience_s=patience_s) as outbox:
        for number in range(count):
            outbox.put({"id": f"m{number}"})
    return outbox


def test_in_order_in_batches() -> None:
    """Twenty-five messages arrive in order, in batches of ten at most."""
    topic = Fifo()
    outbox = sent(topic, 25)

    assert topic.got == [f"m{number}" for number in range(25)]
    assert outbox.tries >= 3


def test_a_throttled_batch_is_sent_again() -> None:
    """What SNS throttles waits and is sent, and nothing twice."""
    topic = Fifo(throttled={0})
    sent(topic, 12)

    assert topic.got == [f"m{number}" for number in range(12)]


def test_an_entry_that_failed_is_sent_again() -> None:
    """An entry that SNS refuses in a batch it takes otherwise is not lost."""
    topic = Fifo(refused_once="m1")
    sent(topic, 3)

    assert sorted(topic.got) == ["m0", "m1", "m2"]


def test_what_is_left_is_named() -> None:
    """An outbox that could not send all says so when it is closed, and names them."""
    with pytest.raises(NotSent, match=r"2 messages were not published in 0.1 s: \['m0', 'm1'\]"):
        sent(Fifo(throttled=range(1_000)), 2, patience_s=0.1)


def test_an_error_inside_goes_first() -> None:
    """The error of the program that uses the outbox is not hidden by what is left in it."""

    def broken() -> None:
        with Outbox(Fifo(throttled=range(1_000)), "arn", group="g", patience_s=0.1) as outbox:
            outbox.put({"id": "m0"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
