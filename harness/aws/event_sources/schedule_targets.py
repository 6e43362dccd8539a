"""What a schedule of EventBridge Scheduler sends to its target, under the role that the schedule names.

Sources: EventBridge Scheduler user guide, "Using templated targets in EventBridge Scheduler" (SendMessage,
Invoke, Publish), "Adding context attributes in EventBridge Scheduler" and "Setting up the execution role". A
rule asks the target's own policy instead; its targets are the backend's to dispatch.
"""

import asyncio
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import orjson

from harness.aws.event_sources.house import House, calls_of, error_code, iso
from harness.aws.permission import Mode
from harness.aws.root_calls import VERSIONS
from harness.config import Credentials
from harness.errors import BackendError
from harness.gateway.fetch import FetchReply
from harness.refusal import Refusal

SCHEDULER = "scheduler.amazonaws.com"
SESSION = "scheduler"
NOT_DELIVERED = "schedule-not-delivered"
# Scheduler retries with a growing backoff, for a day by default (RetryPolicy); a rehearsal does so a few
# times.
ATTEMPTS = 6
FIRST_WAIT_S = 1.0


class ScheduleTargets:
    """Delivers to queues, functions and topics. To be awaited on the gateway's loop."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._calls = calls_of(house)
        self._credentials: dict[str, Credentials] = {}
        self._said: set[tuple[str, str]] = set()

    async def deliver(self, name: str, arn: str, target: dict[str, Any], due_epoch_s: float) -> bool:
        """Return whether the target of the schedule *name* took what it is sent; else that is a finding."""
        try:
            who = await self._who(str(target.get("RoleArn", "")))
        except BackendError as error:
            who = Refusal("", str(error))
        if isinstance(who, Refusal):
            self._say(name, target, who.message)
            return False
        wait_s = FIRST_WAIT_S
        for attempt in range(1, ATTEMPTS + 1):
            body = payload(target, arn, due_epoch_s, attempt, self._house)
            why = await self._send(who, target, body)
            if why is None:
                return True
            if why == "":
                await asyncio.sleep(wait_s / self._house.clock.speed)
                wait_s *= 2.0
                continue
            self._say(name, target, why)
            return False
        self._say(name, target, f"it did not answer, or with errors of its own, {ATTEMPTS} times")
        return False

    async def _who(self, role: str) -> Credentials | Refusal:
        found = self._credentials.get(role)
        if found is not None:
            return found
        try:
            made = await self._house.permission.credentials_for(role, SCHEDULER, SESSION)
        except BackendError:
            if self._house.permission.mode is Mode.ENFORCE:
                raise
            made = Credentials()  # nobody judges, so that a role that there is not does not matter
        if isinstance(made, Credentials):
            self._credentials[role] = made
        return made

    async def _send(self, who: Credentials, target: dict[str, Any], body: str) -> str | None:
        """Return None for success, "" for what may pass, else why the target refused."""
        try:
            answer = await self._call(who, target, body)
        except BackendError:
            return ""
        if 200 <= answer.status < 300:
            return None
        if answer.status >= 500 or answer.status == 429 or "Throttl" in error_code(answer):
            return ""
        return f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}"

    async def _call(self, who: Credentials, target: dict[str, Any], body: str) -> FetchReply:
        arn = str(target["Arn"])
        service = _service_of(arn)
        if service == "sqs":
            account, queue = arn.split(":")[4:6]
            url = f"{self._house.gateway_url}/{account}/{quote(queue)}"
            given = {"QueueUrl": url, "MessageBody": body}
            if group := (target.get("SqsParameters") or {}).get("MessageGroupId"):
                given["MessageGroupId"] = str(group)
            return await self._calls.json(who, "sqs", "SendMessage", given)
        if service == "sns":
            form = {"Action": "Publish", "Version": VERSIONS["sns"], "TopicArn": arn, "Message": body}
            kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
            return await self._calls.call(who, "sns", "/", kind, urlencode(form).encode())
        path = f"/2015-03-31/functions/{quote(arn, safe=':$')}/invocations"
        headers = {"Content-Type": "application/json", "X-Amz-Invocation-Type": "Event"}
        return await self._calls.call(who, "lambda", path, headers, body.encode())

    def _say(self, name: str, target: dict[str, Any], why: str) -> None:
        """Make a finding of it, once for each schedule and target."""
        key = (name, str(target.get("Arn")))
        if key in self._said:
            return
        self._said.add(key)
        self._house.finding(
            NOT_DELIVERED,
            "error",
            name,
            f"Scheduler could not deliver to {target.get('Arn')} as {target.get('RoleArn')}: {why}.",
            "EventBridge Scheduler user guide, Setting up the execution role",
        )


def payload(target: dict[str, Any], schedule_arn: str, due_epoch_s: float, attempt: int, house: House) -> str:
    """Return what the target is sent: its Input with context attributes filled in, else the default event."""
    given = target.get("Input")
    identity = str(uuid4())
    if given is None:
        event = {
            "version": "0",
            "id": identity,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": house.account,
            "time": iso(due_epoch_s),
            "region": house.region,
            "resources": [schedule_arn],
            "detail": "{}",
        }
        return orjson.dumps(event).decode()
    text = str(given)
    for attribute, value in (
        ("schedule-arn", schedule_arn),
        ("scheduled-time", iso(due_epoch_s)),
        ("execution-id", identity),
        ("attempt-number", str(attempt)),
    ):
        text = text.replace(f"<aws.scheduler.{attribute}>", value)
    return text


def _service_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[2] if len(parts) >= 6 else ""
