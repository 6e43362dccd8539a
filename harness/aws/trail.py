"""CloudTrail's part of EventBridge: a call that was refused is an event, for rules that look for such.

Only refusals for want of permission are told, and only once a rule can match "AWS API Call via CloudTrail":
that is what reports unwanted callers. On AWS a trail must be logging; calls that read (List, Get, Describe)
make no events, those on data (Invoke, InvokeEndpoint) only where the trail logs data events (EventBridge user
guide, "AWS service events delivered via AWS CloudTrail"; here they always do).
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from harness.aws.permission.keys import Key
from harness.clock import Clock
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import Fetcher
from harness.iam.actions import Call

log = logging.getLogger(__name__)

# Where MiniStack takes events in the name of AWS's services (harness.backends.ministack_events).
EVENTS_PATH = "/_harness/events"
DETAIL_TYPE = "AWS API Call via CloudTrail"
# Record contents, `eventVersion`.
VERSION = "1.11"
_READS = ("List", "Get", "Describe")
_OF_EC2 = ("UnauthorizedOperation",)
_REFUSALS = ("AccessDenied", "AuthorizationError", *_OF_EC2)
# The signing names that are not the names by which a service is called in `source` and `eventSource`.
_NAMES = {"application-autoscaling": "autoscaling"}
# What of a call a rule can ask for; never a payload.
_PARAMETERS = frozenset(
    {"FunctionName", "EndpointName", "Bucket", "Key", "QueueUrl", "TopicArn", "TableName", "RoleArn"}
)
# CloudTrail names them as the API does, with a small letter first, but for this one of S3.
_RENAMED = {"Bucket": "bucketName"}


class Trail:
    """Tells the backend's EventBridge of refused calls; `heard` is told each finished exchange, on the loop.

    *key_of* returns whose an access key is.
    """

    def __init__(
        self,
        clock: Clock,
        fetcher: Fetcher,
        route: Callable[[str], Address],
        key_of: Callable[[str], Key | None],
        *,
        region: str,
        account: str,
    ) -> None:
        self._clock = clock
        self._fetcher = fetcher
        self._route = route
        self._key_of = key_of
        self._region = region
        self._account = account
        self._wanted = False
        self._telling: set[asyncio.Task[None]] = set()

    def heard(self, exchange: Exchange) -> None:
        """Take note of a rule that looks for calls, and tell of a call that was refused."""
        if exchange.operation == "PutRule":
            self._wanted = self._wanted or _asks_for_calls(exchange.body)
        elif self._wanted and exchange.error.startswith(_REFUSALS):
            call = exchange.call
            if isinstance(call, Call) and not call.operation.startswith(_READS):
                self._tell(exchange, call)

    def _tell(self, exchange: Exchange, call: Call) -> None:
        body = orjson.dumps(self._entry(exchange, call))
        task = asyncio.get_running_loop().create_task(self._send(body))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _send(self, body: bytes) -> None:
        headers = [("Content-Type", "application/json")]
        try:
            answer = await self._fetcher.fetch(
                self._route("events"), "POST", EVENTS_PATH, headers=headers, body=body
            )
        except BackendError as error:
            log.warning("EventBridge was not told of a refused call: %s", error)
            return
        if answer.status != 200:
            log.warning("EventBridge took no event about a refused call: %r", answer.body[:200])

    def _entry(self, exchange: Exchange, call: Call) -> dict[str, Any]:
        """Return the event as PutEvents takes it (CloudTrail user guide, "CloudTrail record contents")."""
        name = _NAMES.get(call.service, call.service)
        code, _, message = exchange.error.partition(": ")
        at = datetime.fromtimestamp(self._clock.epoch_s(exchange.received_at), UTC)
        detail = {
            "eventVersion": VERSION,
            "userIdentity": self._identity(exchange.access_key),
            "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": f"{name}.amazonaws.com",
            "eventName": call.operation,
            "awsRegion": self._region,
            "sourceIPAddress": exchange.peer,
            "userAgent": (exchange.header(b"user-agent") or b"").decode("latin-1"),
            "errorCode": f"Client.{code}" if code in _OF_EC2 else "AccessDenied",
            "errorMessage": message,
            "requestParameters": _parameters(call),
            "responseElements": None,
            "eventID": str(uuid.uuid4()),
            "eventType": "AwsApiCall",
            "recipientAccountId": self._account,
        }
        return {"Source": f"aws.{name}", "DetailType": DETAIL_TYPE, "Detail": orjson.dumps(detail).decode()}

    def _identity(self, access_key: str) -> dict[str, Any]:
        """Return who called (CloudTrail user guide, "CloudTrail userIdentity element")."""
        key = self._key_of(access_key)
        if key is None:
            return {"type": "Unknown", "accessKeyId": access_key}
        caller = key.caller
        kind = {"Account": "Root", "User": "IAMUser"}.get(caller.kind, caller.kind or "AWSService")
        found: dict[str, Any] = {"type": kind, "arn": caller.name, "accountId": self._account}
        found["accessKeyId"] = access_key
        if caller.user_id:
            found["principalId"] = caller.user_id
        if caller.user_name:
            found["userName"] = caller.user_name
        if caller.kind == "AssumedRole" and caller.role:
            name = caller.role.rpartition("/")[2]
            issuer = {"type": "Role", "arn": caller.role, "accountId": self._account, "userName": name}
            found["sessionContext"] = {"sessionIssuer": issuer}
        return found


def _asks_for_calls(body: bytes) -> bool:
    """Return whether the pattern of the rule that *body* puts lets events about calls through.

    A pattern that names no detail-type lets all of them through (EventBridge reference, "To match against all
    events from this service"); what such a one asks besides is for EventBridge to decide.
    """
    try:
        pattern = orjson.loads(orjson.loads(body).get("EventPattern") or "null")
        wanted = pattern.get("detail-type", [DETAIL_TYPE])
        return any(each == DETAIL_TYPE or isinstance(each, dict) for each in wanted)
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        return False  # no pattern, or none that EventBridge takes


def _parameters(call: Call) -> dict[str, Any]:
    found = {name: value for name, value in call.members.items() if name in _PARAMETERS}
    return {_RENAMED.get(name, name[0].lower() + name[1:]): value for name, value in found.items()}
