"""A queue as its consumer sees it: batches of ten, deleted one by one, given back where they are no good."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

BATCH = 10  # the most that SQS hands out and takes back in one call
# Long polling: an empty answer only after a second, so that an idle worker costs one call a second.
WAIT_S = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it was received; `handle` is what it is deleted by."""

    message: str
    body: str
    handle: str


class Inbox:
    """Receives from one queue with the client *sqs*."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def receive(self, *, most: int = BATCH, wait_s: int = WAIT_S) -> list[Delivery]:
        """Return up to *most* messages, an empty list when none came in *wait_s* seconds."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=most, WaitTimeSeconds=wait_s
        )
        found = answer.get("Messages", [])
        return [Delivery(one["MessageId"], one["Body"], one["ReceiptHandle"]) for one in found]

    def drain(self, *, quiet_polls: int = 2) -> Iterator[Delivery]:
        """Yield and delete what is in the queue, until *quiet_polls* receives in a row bring nothing."""
        quiet = 0
        while quiet < quiet_polls:
            found = self.receive()
            quiet = 0 if found else quiet + 1
            yield from found
            self.delete(found)

    def delete(self, done: Sequence[Delivery]) -> None:
        """Delete *done*; what SQS does not delete comes again, and is then known to be done."""
        if done:
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=_entries(done))

    def give_back(self, bad: Sequence[Delivery]) -> None:
        """Make *bad* visible again at once, so that they reach the dead-letter queue soon."""
        if bad:
            entries = [entry | {"VisibilityTimeout": 0} for entry in _entries(bad)]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _entries(deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
    return [{"Id": str(place), "ReceiptHandle": one.handle} for place, one in enumerate(deliveries)]
