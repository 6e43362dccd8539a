"""What pollers and timers use of the stage, and their own calls through the gateway."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import orjson

from harness import journal
from harness.aws.functions.results import Result
from harness.aws.permission import Mode
from harness.aws.signed_calls import SignedCalls
from harness.clock import Clock
from harness.config import Credentials
from harness.functions.outcomes import Source
from harness.gateway.chain import Address
from harness.gateway.fetch import FetchReply
from harness.gateway.splice import Pool
from harness.refusal import Refusal

JSON_1_0 = "application/x-amz-json-1.0"
# The fraction of a second in which an idle loop looks again whether a moment has come: clocks may be set
# back.
LOOK_AGAIN_S = 1.0


class Invokes(Protocol):
    """Who runs functions: `harness.aws.functions.Functions`."""

    async def invoke(
        self,
        function: str,
        qualifier: str,
        payload: bytes,
        *,
        source: Source,
        trigger: str = "",
        records: int = 0,
        due_at: float | None = None,
    ) -> Result: ...


class GivesCredentials(Protocol):
    """Who opens sessions of roles: the stage's permission."""

    @property
    def mode(self) -> Mode: ...

    async def credentials_for(
        self, role_arn: str, service: str, session_name: str, *, source_arn: str = ""
    ) -> Credentials | Refusal: ...


class HearsOfRules(Protocol):
    """Who notes which deliveries were made: the stage's messaging."""

    def fired(self, bus: str, rule: str) -> None: ...


class House(Protocol):
    """The stage, as far as event sources and timers know it."""

    @property
    def clock(self) -> Clock: ...
    @property
    def record(self) -> Callable[[journal.Record], None]: ...
    @property
    def route(self) -> Callable[[str], Address]: ...
    @property
    def region(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def pool(self) -> Pool: ...
    @property
    def gateway_url(self) -> str: ...
    @property
    def functions(self) -> Invokes: ...
    @property
    def permission(self) -> GivesCredentials: ...
    @property
    def messaging(self) -> HearsOfRules: ...

    def finding(self, rule: str, severity: str, resource: str, message: str, source: str = "") -> None: ...


def calls_of(house: House) -> SignedCalls:
    """Return calls through the gateway of *house*."""
    return SignedCalls(house.pool, lambda: house.gateway_url, house.region)


def error_code(answer: FetchReply) -> str:
    """Return the error code of an answer of SQS in JSON, "" where it carries none.

    The header has the name that clients of the query protocol know (AWS.SimpleQueueService.NonExistentQueue).
    """
    told = (answer.header("x-amzn-query-error") or "").partition(";")[0]
    if told:
        return told
    try:
        value = orjson.loads(answer.body or b"{}")
    except orjson.JSONDecodeError:
        return ""
    kind = value.get("__type", "") if isinstance(value, dict) else ""
    return str(kind).rpartition("#")[2]


def iso(epoch_s: float) -> str:
    """Return a moment as AWS's JSON has it, in UTC."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
