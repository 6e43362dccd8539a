"""Where the record of an asynchronous invocation goes when it has ended: destinations and dead-letter queues.

Lambda developer guide, "Capturing records of Lambda asynchronous invocations": the record's shape, what
EventBridge gets, and the attributes of a dead letter. Lambda sends under the function's execution role.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from harness.aws.functions.configurations import Version
from harness.aws.functions.events import Accepted
from harness.aws.functions.pool import Findings
from harness.aws.functions.results import Result
from harness.aws.signed_calls import SignedCalls
from harness.config import Credentials
from harness.errors import HarnessError
from harness.functions.asynchronous import Ended, How
from harness.gateway.fetch import FetchReply

# Guide: ErrorMessage is "the first 1 KB of the error message".
MESSAGE_BYTES = 1024
_SOURCE = "Lambda developer guide, Capturing records of Lambda asynchronous invocations"


class Destinations:
    """Sends over *calls*; what is refused is a finding, for then the event is lost."""

    def __init__(self, calls: SignedCalls, finding: Findings) -> None:
        self._calls = calls
        self._finding = finding

    async def send(
        self,
        who: Credentials,
        version: Version,
        event: Accepted,
        ended: Ended,
        result: Result | None,
        epoch_s: float,
    ) -> str:
        """Send what the configuration asks for; return the ARN that got it, "" where none did.

        A destination and a dead-letter queue both get what failed; the destination's is the one returned.
        """
        succeeded = ended.how is How.SUCCEEDED
        taken = []
        destination = event.config.on_success if succeeded else event.config.on_failure
        if destination:
            record = record_of(version, event, ended, result, epoch_s)
            sent = self._record(who, destination, record, succeeded, version)
            taken.append(await self._taken(sent, destination, version))
        if not succeeded and version.dead_letter:
            sent = self._dead_letter(who, version.dead_letter, event, result)
            taken.append(await self._taken(sent, version.dead_letter, version))
        return next(filter(None, taken), "")

    async def _taken(self, sent: Any, arn: str, version: Version) -> str:
        try:
            answer: FetchReply = await sent
            why = "" if answer.status < 300 and b'"FailedEntryCount":1' not in answer.body else _said(answer)
        except (HarnessError, ValueError) as error:
            why = str(error)
        if not why:
            return arn
        self._finding(
            "asynchronous-destination-failed",
            "error",
            f"function/{version.name}",
            f"The record of an asynchronous invocation of {version.name} was not taken by {arn}: {why}",
            _SOURCE,
        )
        return ""

    async def _record(
        self, who: Credentials, arn: str, record: dict[str, Any], succeeded: bool, version: Version
    ) -> FetchReply:
        text = orjson.dumps(record).decode()
        service = arn.split(":")[2]
        if service == "sqs":
            return await self._calls.json(
                who, "sqs", "SendMessage", {"QueueUrl": _queue_url(arn), "MessageBody": text}
            )
        if service == "sns":
            return await self._calls.publish(who, {"TopicArn": arn, "Message": text})
        if service == "lambda":
            path = f"/2015-03-31/functions/{quote(arn, safe='')}/invocations"
            headers = {"Content-Type": "application/json", "X-Amz-Invocation-Type": "Event"}
            return await self._calls.call(who, "lambda", path, headers, text.encode())
        if service == "events":
            entry = {
                "Source": "lambda",
                "DetailType": f"Lambda Function Invocation Result - {'Success' if succeeded else 'Failure'}",
                "Detail": text,
                "Resources": [arn, record["requestContext"]["functionArn"]],
                "EventBusName": arn,
            }
            return await self._calls.json(who, "events", "PutEvents", {"Entries": [entry]})
        raise ValueError(f"{service} is not covered here as a destination of {version.name}")

    async def _dead_letter(
        self, who: Credentials, arn: str, event: Accepted, result: Result | None
    ) -> FetchReply:
        said = _message(result)
        attributes = {
            "RequestID": ("String", event.request),
            "ErrorCode": ("Number", "429" if result is None or result.status == "throttled" else "200"),
            "ErrorMessage": ("String", said or "unknown"),
        }
        body = event.payload.decode("utf-8", "replace")
        if arn.split(":")[2] == "sqs":
            typed = {
                name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()
            }
            given = {"QueueUrl": _queue_url(arn), "MessageBody": body, "MessageAttributes": typed}
            return await self._calls.json(who, "sqs", "SendMessage", given)
        fields = {"TopicArn": arn, "Message": body}
        for at, (name, (kind, value)) in enumerate(attributes.items(), 1):
            entry = f"MessageAttributes.entry.{at}"
            fields |= {
                f"{entry}.Name": name,
                f"{entry}.Value.DataType": kind,
                f"{entry}.Value.StringValue": value,
            }
        return await self._calls.publish(who, fields)


def record_of(
    version: Version, event: Accepted, ended: Ended, result: Result | None, epoch_s: float
) -> dict[str, Any]:
    """Return the invocation record that a destination gets."""
    at = datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": at,
        "requestContext": {
            "requestId": event.request,
            "functionArn": f"{version.arn}:{event.qualifier or version.version}",
            "condition": ended.condition,
            "approximateInvokeCount": ended.attempts,
        },
        "requestPayload": _value(event.payload),
    }
    if result is not None and result.status != "throttled":
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": result.version}
        if result.status == "error":
            context["functionError"] = "Unhandled"
        record |= {"responseContext": context, "responsePayload": _value(result.payload)}
    return record


def _value(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload.decode("utf-8", "replace")


def _message(result: Result | None) -> str:
    value = _value(result.payload) if result is not None else None
    said = str(value.get("errorMessage", "")) if isinstance(value, dict) else ""
    return said.encode()[:MESSAGE_BYTES].decode("utf-8", "ignore")


def _queue_url(arn: str) -> str:
    _, _, _, region, account, name = arn.split(":", 5)
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def _said(answer: FetchReply) -> str:
    return f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}"
