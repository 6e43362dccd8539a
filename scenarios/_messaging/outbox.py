"""Where a program leaves messages that must be published and may not hold it up: a thread sends batches."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

BATCH = 10  # PublishBatch takes ten at most
LOOK_S = 0.2
AGAIN_S = 0.5


class NotSent(Exception):
    """The outbox was closed and some messages are still in it."""


class Outbox:
    """Publishes to the FIFO topic at *topic_arn* what is `put`: in order, once each.

    Each message has an id, its de-duplication id as well: a batch that is sent again because its answer was
    lost changes nothing. `put` never waits and never raises. Leaving the `with` block waits until all is
    sent, *patience_s* seconds at most, and raises NotSent naming what is left.
    """

    def __init__(self, sns: Any, topic_arn: str, *, group: str, patience_s: float) -> None:
        self.tries = 0
        self._sns = sns
        self._topic_arn = topic_arn
        self._group = group
        self._patience_s = patience_s
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._closing = threading.Event()
        self._give_up = threading.Event()
        self._sender = threading.Thread(target=self._send_all, name="outbox", daemon=True)

    def put(self, message: Mapping[str, Any]) -> None:
        """Take *message*, which has an `id`, to be published."""
        self._waiting.append(message)

    def __enter__(self) -> Self:
        self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._sender.join(self._patience_s)
        self._give_up.set()
        left = [str(message["id"]) for message in self._waiting]
        if left and error is None:
            raise NotSent(f"{len(left)} messages were not published in {self._patience_s:g} s: {left}")

    def _send_all(self) -> None:
        while not self._give_up.is_set() and (self._waiting or not self._closing.is_set()):
            if not self._waiting:
                self._closing.wait(LOOK_S)
            elif not self._send_batch():
                self._give_up.wait(AGAIN_S)

    def _send_batch(self) -> bool:
        """Publish the ten oldest and drop those that SNS took; tell whether it took them all."""
        from botocore.exceptions import BotoCoreError, ClientError

        batch = list(self._waiting)[:BATCH]
        self.tries += 1
        try:
            answer = self._sns.publish_batch(
                TopicArn=self._topic_arn,
                PublishBatchRequestEntries=[self._entry(place, one) for place, one in enumerate(batch)],
            )
        except (BotoCoreError, ClientError) as error:
            print(f"the batch of {batch[0]['id']} waits: {error}", flush=True)
            return False
        # In order, so only up to the first that failed: those behind it are sent again, and taken once.
        failed = [int(one["Id"]) for one in answer.get("Failed", [])]
        for _ in range(min(failed, default=len(batch))):
            self._waiting.popleft()
        return not failed

    def _entry(self, place: int, message: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "Id": str(place),
            "Message": json.dumps(message),
            "MessageGroupId": self._group,
            "MessageDeduplicationId": str(message["id"]),
        }
