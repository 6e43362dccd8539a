"""SQS, SNS and DynamoDB as far as the inference worker calls them, in memory: a clock, a queue, a FIFO topic.

They may kill whoever calls them, before or after any call, and hand a deleted message out once more.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

VISIBILITY_S = 6.0
MAX_RECEIVES = 6
LEASE_S = 5.0


class Killed(BaseException):
    """The process was killed here."""


class ConditionalCheckFailedException(Exception):  # DynamoDB's own name
    """What a conditional write is refused with."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__("The conditional request failed")
        self.response = {"Error": {"Code": type(self).__name__}, "Item": item}


class _Exceptions:
    ConditionalCheckFailedException = ConditionalCheckFailedException


@dataclass
class Held:
    """A message in the queue."""

    id: str
    body: str
    visible_at: float = 0.0
    receives: int = 0
    handle: str = ""


@dataclass
class Aws:
    """Everything that workers share. *kill_before* and *kill_after* are numbers of calls, from 0."""

    kill_before: Collection[int] = ()
    kill_after: Collection[int] = ()
    delivered_again: Collection[str] = ()
    now: float = 0.0
    calls: int = 0
    queue: list[Held] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    table: dict[str, dict[str, Any]] = field(default_factory=dict)
    exceptions = _Exceptions

    def __post_init__(self) -> None:
        self._again = set(self.delivered_again)

    def send(self, *bodies: str) -> None:
        """Put *bodies* into the queue; their MessageIds are their numbers."""
        self.queue += [Held(str(len(self.queue) + place), body) for place, body in enumerate(bodies)]

    def clock(self) -> float:
        """Return the moment; every look takes a little while."""
        self.now += 0.001
        return self.now

    # -- SQS

    def receive_message(self, **wanted: Any) -> dict[str, Any]:
        with _Call(self):
            for message in [one for one in self.queue if one.receives >= MAX_RECEIVES]:
                if message.visible_at <= self.now:
                    self.queue.remove(message)
                    self.dead_letters.append(message.id)
            found = [one for one in self.queue if one.visible_at <= self.now]
            taken = found[: wanted["MaxNumberOfMessages"]]
            for one in taken:
                one.visible_at, one.receives = self.now + VISIBILITY_S, one.receives + 1
                one.handle = f"{one.id}/{one.receives}"
            shown = [{"MessageId": o.id, "Body": o.body, "ReceiptHandle": o.handle} for o in taken]
        return {"Messages": shown} if shown else {}

    def delete_message_batch(self, **wanted: Any) -> dict[str, Any]:
        with _Call(self):
            for message in self._named(wanted):
                if message.id in self._again:
                    self._again.remove(message.id)
                    message.visible_at = self.now
                else:
                    self.queue.remove(message)
        return {}

    def change_message_visibility_batch(self, **wanted: Any) -> dict[str, Any]:
        with _Call(self):
            for message in self._named(wanted):
                message.visible_at = self.now
        return {}

    def _named(self, wanted: dict[str, Any]) -> list[Held]:
        handles = [entry["ReceiptHandle"] for entry in wanted["Entries"]]
        return [one for one in self.queue if one.handle in handles]

    # -- SNS: a FIFO topic, within its five minutes

    def publish_batch(self, **wanted: Any) -> dict[str, Any]:
        with _Call(self):
            for entry in wanted["PublishBatchRequestEntries"]:
                message = json.loads(entry["Message"])
                self.published.append(message["id"])
                self.answers.setdefault(entry["MessageDeduplicationId"], message["prediction"])
        return {"Successful": [{"Id": one["Id"]} for one in wanted["PublishBatchRequestEntries"]]}

    # -- DynamoDB

    def put_item(self, **wanted: Any) -> dict[str, Any]:
        with _Call(self):
            item = wanted["Item"]
            there = self.table.get(item["id"]["S"])
            now = float(wanted["ExpressionAttributeValues"][":now"]["N"])
            if there and (there["state"]["S"] == "done" or float(there["leased_until"]["N"]) >= now):
                raise ConditionalCheckFailedException(there)
            self.table[item["id"]["S"]] = item
        return {}

    def batch_write_item(self, **wanted: Any) -> dict[str, Any]:
        with _Call(self):
            for puts in wanted["RequestItems"].values():
                for put in puts:
                    item = put["PutRequest"]["Item"]
                    self.table[item["id"]["S"]] = item
        return {}


class _Call:
    """One call, which the process may not live to make, or not live to hear the answer of."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._number = aws.calls
        aws.calls += 1
        aws.now += 0.01
        if self._number in aws.kill_before:
            raise Killed

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._number in self._aws.kill_after:
            raise Killed
