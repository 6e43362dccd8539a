"""The inference worker: once each, whoever dies where."""

import json
from collections.abc import Collection, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messaging_aws import LEASE_S, VISIBILITY_S, Aws, Killed

from scenarios._messaging.envelope import NotAMessage
from scenarios._messaging.inbox import Delivery, Inbox
from scenarios._messaging.inference import Worker, read
from scenarios._messaging.ledger import Ledger
from scenarios._messaging.requests import FEATURES, POISON, good_and_poison

ROW = [0.5] * FEATURES


class Sums:
    """A model whose classes are the whole part of the sums of its rows."""

    class _Classes(list[int]):
        def tolist(self) -> list[int]:
            return self

    def predict(self, rows: Sequence[Sequence[float]]) -> "Sums._Classes":
        return Sums._Classes(int(sum(row)) for row in rows)


def request(name: str, rows: list[list[float]] | None = None, *, raw: bool = False) -> str:
    """Return the body of a request as it lies in the queue."""
    message = json.dumps({"id": name, "input": rows or [ROW]})
    return message if raw else json.dumps({"Type": "Notification", "TopicArn": "arn", "Message": message})


def worked_off(aws: Aws, at_most: int = 400) -> int:
    """Let workers work until the queue is empty, a new one wherever one is killed; return how many died."""
    died = 0
    for _ in range(at_most):
        inbox = Inbox(aws, "url")
        worker = Worker(
            inbox, aws, "answers", Ledger(aws, "ledger", "w"), Sums(), clock=aws.clock, lease_s=LEASE_S
        )
        try:
            while aws.queue:
                batch = inbox.receive()
                worker.work(batch)
                if not batch:
                    aws.now += 1.0
        except Killed:
            died += 1
            continue
        return died
    raise AssertionError("the queue never becomes empty")


# Four deaths at most, so that even a message that every one of them meets, and that comes twice besides, is
# received no more than six times, after which SQS would take it for poison.
CALLS = st.sets(st.integers(0, 40), max_size=2)


@settings(max_examples=60)
@given(
    good=st.integers(1, 25),
    poison=st.integers(0, 4),
    before=CALLS,
    after=CALLS,
    again=st.sets(st.integers(0, 28), max_size=6),
)
def test_once_each(
    good: int, poison: int, before: Collection[int], after: Collection[int], again: Collection[int]
) -> None:
    """Killed before or after any calls, with messages that come again: one answer each, the poison aside."""
    aws = Aws(before, after, delivered_again={str(number) for number in again if number < good})
    aws.send(*(request(f"r{number}") for number in range(good)), *(["poison"] * poison))
    worked_off(aws)

    assert set(aws.answers) == {f"r{number}" for number in range(good)}
    assert set(aws.dead_letters) == {str(good + number) for number in range(poison)}
    assert len(aws.dead_letters) == poison


def test_killed_after_publishing() -> None:
    """The answer is published again, and the topic drops it."""
    calls_of_a_round = 4  # receive, claim, publish, then "done"
    aws = Aws(kill_before={calls_of_a_round - 1})
    aws.send(request("a"))

    assert worked_off(aws) == 1
    assert aws.published == ["a", "a"]
    assert aws.answers == {"a": [10]}


def test_a_duplicate_is_not_predicted_again() -> None:
    """What is written "done" is deleted, and nothing is published for it."""
    aws = Aws(delivered_again={"0"})
    aws.send(request("a"))
    worked_off(aws)

    assert aws.published == ["a"]


def test_a_living_workers_claim_is_respected() -> None:
    """A message whose request another worker has claimed is left alone until the lease is over."""
    aws = Aws()
    Ledger(aws, "ledger", "another").claim("a", now=0.0, until=LEASE_S)
    aws.send(request("a"))
    worked_off(aws)

    assert aws.queue == []
    assert aws.now > VISIBILITY_S


def test_a_frozen_worker_publishes_nothing() -> None:
    """A worker that wakes up after its leases have ended leaves the requests to whoever has them now."""
    aws, moments = Aws(), iter([0.0, LEASE_S + 1.0])
    aws.send(request("a"))
    inbox = Inbox(aws, "url")
    ledger = Ledger(aws, "ledger", "w")
    worker = Worker(inbox, aws, "answers", ledger, Sums(), clock=lambda: next(moments), lease_s=LEASE_S)
    worker.work(inbox.receive())

    assert aws.published == []
    assert len(aws.queue) == 1


def test_a_request_of_several_rows() -> None:
    """Each request gets the classes of its own rows, in order."""
    aws = Aws()
    aws.send(request("a", [ROW, [0.0] * FEATURES]), request("b", [[1.0] * FEATURES], raw=True))
    worked_off(aws)

    assert aws.answers == {"a": [10, 0], "b": [20]}


@pytest.mark.parametrize(
    "body",
    [
        *POISON,
        json.dumps({"id": "", "input": [ROW]}),
        json.dumps({"id": 7, "input": [ROW]}),
        json.dumps({"id": "a", "input": []}),
        json.dumps({"id": "a", "input": [ROW[1:]]}),
        json.dumps({"id": "a", "input": [["x"] * FEATURES]}),
        json.dumps({"id": "a", "input": [[True] * FEATURES]}),
        '{"id": "a", "input": [[' + ", ".join(["NaN"] * FEATURES) + "]]}",
    ],
)
def test_poison(body: str) -> None:
    """What can never be answered is told from what can."""
    with pytest.raises(NotAMessage):
        read(Delivery("m", body, "h"))


def test_one_in_twenty_is_poison() -> None:
    """The load's bodies are good but for three kinds of poison, 5 % in all."""
    bodies = [body.decode().replace("{{number}}", "7") for body in good_and_poison().bodies]
    poison = [body for body in bodies if body in POISON]

    assert sorted(poison) == sorted(POISON)
    assert len(poison) * 20 == len(bodies)
    good = [read(Delivery("m", body, "h")) for body in bodies if body not in POISON]
    assert {one.id for one in good} == {"request-7"}
