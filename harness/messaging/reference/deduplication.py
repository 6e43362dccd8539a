"""Exactly-once sending: what a FIFO queue or topic remembers of the last five minutes."""

import hashlib

from harness.messaging.reference.values import Message

# SQS guide, "Exactly-once processing in Amazon SQS"; SNS guide, "Amazon SNS message deduplication for FIFO
# topics": a message with the id of one sent within 5 minutes is accepted and not delivered.
INTERVAL_S = 300.0


class Memory:
    """The de-duplication ids of one queue or topic (scope `queue`, whatever the group) and who had them.

    It goes on remembering after the message is received and deleted ("FIFO queue and message identifiers").
    """

    def __init__(self, tolerance_s: float) -> None:
        self._tolerance_s = tolerance_s
        self._seen: dict[str, tuple[str, float]] = {}

    def duplicate_of(self, token: str, now: float) -> str | None:
        """Return the message that had *token* within the interval, None where there is none."""
        message, at = self._seen.get(token, ("", -INTERVAL_S - self._tolerance_s))
        return message if now < at + INTERVAL_S - self._tolerance_s else None

    def undecided(self, token: str, now: float) -> bool:
        """Return True where the interval of *token* ends just about *now*: either answer is right."""
        if token not in self._seen:
            return False
        return abs(now - self._seen[token][1] - INTERVAL_S) < self._tolerance_s

    def remember(self, token: str, message: str, now: float) -> None:
        """Keep *token* from *now* on."""
        self._seen[token] = (message, now)


def deduplication_id(message: Message, content_based: bool) -> str | None:
    """Return the id that *message* has: its own, else the SHA-256 of its body (never of its attributes) where
    the queue or topic makes one, else None."""
    if message.deduplication is not None or not content_based:
        return message.deduplication
    return hashlib.sha256(message.body.encode()).hexdigest()
