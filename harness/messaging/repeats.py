"""Which messages a FIFO topic or queue takes and does not deliver, since it had them already."""

from hashlib import sha256

# SQS developer guide, "Using the message deduplication ID", and SNS developer guide, "Message deduplication
# for FIFO topics": what is sent again within five minutes is accepted and not delivered.
INTERVAL_S = 300.0


class Repeats:
    """The deduplication ids of the last five minutes, by the topic or queue they were given to."""

    def __init__(self) -> None:
        self._first_at: dict[tuple[str, str], float] = {}

    def is_repeat(self, where: str, token: str, at: float) -> bool:
        """Return whether *where* took *token* within the interval before *at*; if not, it begins anew."""
        key = (where, token)
        first_at = self._first_at.get(key)
        if first_at is not None and at - first_at < INTERVAL_S:
            return True
        self._first_at.pop(key, None)  # to its place among the youngest
        self._forget(at)
        self._first_at[key] = at
        return False

    def _forget(self, at: float) -> None:
        while self._first_at:
            key, first_at = next(iter(self._first_at.items()))
            if at - first_at < INTERVAL_S:
                return
            del self._first_at[key]


def token_of(body: str, given: str, group: str, *, by_group: bool) -> str:
    """Return what a message is known by: the id *given*, else the SHA-256 of its body, as both services take.

    *by_group*: DeduplicationScope is "messageGroup" (high-throughput FIFO queues).
    """
    token = given or sha256(body.encode()).hexdigest()
    return f"{group}\n{token}" if by_group else token
