"""The queues that the tap knows, and the rehearsal's own calls to the backend's SQS about them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from harness import journal
from harness.config import ACCESS_KEY
from harness.gateway.chain import Address
from harness.gateway.fetch import Fetcher
from harness.messaging.correlation import (
    DEFAULT_RETENTION_S,
    DEFAULT_VISIBILITY_S,
    Correlation,
    QueueRules,
)

JSON_1_0 = "application/x-amz-json-1.0"
# The two names of that error: SQS API reference, "Common errors", of JSON 1.0 and of the query protocol.
_NO_QUEUE = (b"QueueDoesNotExist", b"NonExistentQueue")


def queue_name(url: str) -> str:
    """Return the AWS name of the queue at *url* (or path, or ARN)."""
    return url.rstrip("/").rpartition("/")[2].rpartition(":")[2]


class QueueGone(Exception):
    """The backend has no queue of that name."""


class SqsCalls:
    """The backend's SQS, asked in the account's own name; not through the gateway, so that no call of ours is
    taken for a consumer's. To be awaited on the gateway's loop."""

    def __init__(self, fetcher: Fetcher, route: Callable[[str], Address], region: str) -> None:
        self._fetcher = fetcher
        self._route = route
        # The emulators read account and region from it and ask the account's own key for no signature.
        scope = f"{ACCESS_KEY}/20000101/{region}/sqs/aws4_request"
        self._headers = [
            ("Content-Type", JSON_1_0),
            ("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        ]

    async def ask(
        self, operation: str, arguments: Mapping[str, Any], *, timeout_s: float = 30.0
    ) -> dict[str, Any]:
        """Return what *operation* answers, {} where it is refused.

        Raises QueueGone where there is no such queue, BackendError as Fetcher does.
        """
        answer = await self._fetcher.fetch(
            self._route("sqs"),
            "POST",
            "/",
            headers=[("X-Amz-Target", f"AmazonSQS.{operation}"), *self._headers],
            body=orjson.dumps(arguments),
            timeout_s=timeout_s,
        )
        if answer.status != 200 or not answer.body:
            if any(code in answer.body for code in _NO_QUEUE):
                raise QueueGone(queue_name(str(arguments.get("QueueUrl", ""))))
            return {}
        value = orjson.loads(answer.body)
        return value if isinstance(value, dict) else {}

    async def hide(self, url: str, seconds: Mapping[str, int]) -> None:
        """Hide the messages of the receipt handles in *seconds* for so many seconds more, 0 for no longer."""
        handles = list(seconds)
        for start in range(0, len(handles), 10):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds[handle]}
                for number, handle in enumerate(handles[start : start + 10])
            ]
            await self.ask("ChangeMessageVisibilityBatch", {"QueueUrl": url, "Entries": entries})


class Queues:
    """Name -> address and attributes of every queue that was made or used, told to the journal.

    What a client asks for is noted; the journal is told when the backend has answered for the queue.
    """

    def __init__(self, record: Callable[[journal.Record], None], state: Correlation) -> None:
        self.urls: dict[str, str] = {}
        self._attributes: dict[str, dict[str, str]] = {}
        self._record = record
        self._state = state

    def note(self, url: str, attributes: Mapping[str, Any]) -> None:
        """Note that somebody makes the queue at *url*, or sets its *attributes*."""
        name = queue_name(url)
        self.urls.setdefault(name, url)
        known = self._attributes.setdefault(name, {})
        known |= {key: str(value) for key, value in attributes.items()}

    def see(self, url: str, at: float) -> None:
        """Note that the backend answers for the queue at *url*."""
        if queue_name(url) not in self._state.rules:
            self.declare(url, {}, at)

    def declare(self, url: str, attributes: Mapping[str, Any], at: float) -> None:
        """Take over what the backend says of a queue; journal its rules where they are new."""
        name = queue_name(url)
        self.note(url, attributes)
        rules = _rules(self._attributes[name])
        if self._state.rules.get(name) != rules:
            self._state.rules[name] = rules
            self._record(
                journal.QueueDeclared(at, name, rules.retention_s, rules.dead_letter, rules.max_receive_count)
            )

    def forget(self, name: str) -> None:
        """Drop a queue that was deleted."""
        self.urls.pop(name, None)
        self._attributes.pop(name, None)
        self._state.rules.pop(name, None)

    def dedups_by_group(self, name: str) -> bool:
        """Return whether a FIFO queue tells repeats apart by message group (DeduplicationScope)."""
        return self._attributes.get(name, {}).get("DeduplicationScope") == "messageGroup"


def _rules(attributes: Mapping[str, str]) -> QueueRules:
    dead_letter, count = _redrive(attributes.get("RedrivePolicy", ""))
    return QueueRules(
        _seconds(attributes, "MessageRetentionPeriod", DEFAULT_RETENTION_S),
        _seconds(attributes, "VisibilityTimeout", DEFAULT_VISIBILITY_S),
        dead_letter,
        count,
    )


def _seconds(attributes: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(attributes.get(name, default))
    except ValueError:
        return default


def _redrive(policy: str) -> tuple[str, int]:
    """Return the dead-letter queue's name and maxReceiveCount of a RedrivePolicy, "" and 0 without one."""
    try:
        given = json.loads(policy)
        return queue_name(str(given["deadLetterTargetArn"])), int(given["maxReceiveCount"])
    except (ValueError, KeyError, TypeError):
        return "", 0
