"""Reserved and provisioned concurrency over Lambda's API: the model decides, the backend is told too.

Lambda API reference: PutFunctionConcurrency, PutProvisionedConcurrencyConfig and those beside them.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.functions.admission import Admission
from harness.aws.functions.configurations import Qualified, Version
from harness.aws.functions.names import Place, Reference, arn_of
from harness.aws.functions.refusals import error_reply, refuse
from harness.clock import Clock
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.gateway.fetch import FetchReply
from harness.refusal import Refusal

SETTINGS_PATH = "/2016-08-19/account-settings"
BODY_LIMIT_BYTES = 64 * 1024
_STATUS = {
    "ResourceConflictException": 409,
    "ResourceNotFoundException": 404,
    "ProvisionedConcurrencyConfigNotFoundException": 404,
}
_TOO_LARGE = Refused("RequestTooLargeException", "The request is too long.", 413)

Work = Callable[[Exchange, Reference, dict[str, Any]], Awaitable[Reply]]


class ConcurrencyApi:
    """Answers the calls; *known* finds a function or raises Refused, *repeat* asks the backend."""

    def __init__(
        self,
        admission: Admission,
        known: Callable[[Reference], Awaitable[Qualified]],
        repeat: Callable[[Exchange], Awaitable[FetchReply]],
        record: Callable[[journal.Record], None],
        clock: Clock,
        region: str,
        account: str,
    ) -> None:
        self._admission = admission
        self._known = known
        self._repeat = repeat
        self._record = record
        self._clock = clock
        self._region = region
        self._account = account
        self._changed: dict[tuple[str, str], str] = {}  # when provisioned concurrency was last asked for
        self.versions: dict[tuple[str, str], Version] = {}  # what is provisioned, by function and version
        self._works: dict[tuple[str, str], tuple[str, Work]] = {
            ("PUT", "concurrency"): ("PutFunctionConcurrency", self._reserve),
            ("GET", "concurrency"): ("GetFunctionConcurrency", self._reserved),
            ("DELETE", "concurrency"): ("DeleteFunctionConcurrency", self._unreserve),
            ("PUT", "provisioned-concurrency"): ("PutProvisionedConcurrencyConfig", self._provision),
            ("GET", "provisioned-concurrency"): ("GetProvisionedConcurrencyConfig", self._provisioned),
            ("DELETE", "provisioned-concurrency"): ("DeleteProvisionedConcurrencyConfig", self._release),
        }

    def handle(self, exchange: Exchange, place: Place) -> Outcome:
        """Return what to do with a call about the concurrency of a function."""
        reference = place.reference
        if reference is None or len(place.rest) != 1:
            return None
        found = self._works.get((exchange.method, place.rest[0]))
        if found is None:
            return None
        exchange.operation, work = found
        if "List=ALL" in exchange.query:
            exchange.operation, work = "ListProvisionedConcurrencyConfigs", self._list

        def then(read: Exchange) -> Outcome:
            return self._carry_out(read, reference, work)

        return ReadBody(then, BODY_LIMIT_BYTES, error_reply(_TOO_LARGE))

    async def _carry_out(self, exchange: Exchange, reference: Reference, work: Work) -> Reply:
        try:
            await self._known(reference)
            given = orjson.loads(exchange.body) if exchange.body else {}
            return await work(exchange, reference, given if isinstance(given, dict) else {})
        except orjson.JSONDecodeError as error:
            said = f"Could not parse request body into json: {error}"
            return refuse(exchange, Refused("SerializationException", said))
        except Refused as error:
            return refuse(exchange, error)

    # -- reserved -----

    async def _reserve(self, exchange: Exchange, reference: Reference, given: dict[str, Any]) -> Reply:
        count = _count(given, "ReservedConcurrentExecutions")
        _accept(self._admission.reserve(reference.name, count))
        self._set(reference.name, "", count, count)
        await self._repeat(exchange)
        return _json(200, {"ReservedConcurrentExecutions": count})

    async def _reserved(self, _exchange: Exchange, reference: Reference, _given: dict[str, Any]) -> Reply:
        count = self._admission.account.reserved(reference.name)
        return _json(200, {} if count is None else {"ReservedConcurrentExecutions": count})

    async def _unreserve(self, exchange: Exchange, reference: Reference, _given: dict[str, Any]) -> Reply:
        _accept(self._admission.reserve(reference.name, None))
        self._set(reference.name, "", None, None)
        await self._repeat(exchange)
        return Reply(204)

    def _set(self, function: str, qualifier: str, requested: int | None, allocated: int | None) -> None:
        self._record(journal.ConcurrencySet(self._admission.now(), function, qualifier, requested, allocated))

    # -- provisioned -----

    async def _provision(self, exchange: Exchange, reference: Reference, given: dict[str, Any]) -> Reply:
        name, qualifier = reference.name, reference.qualifier
        count = _count(given, "ProvisionedConcurrentExecutions")
        qualified = await self._known(reference)
        for version in qualified.versions.values():
            self.versions[name, version.version] = version
        _accept(self._admission.provision(name, qualifier, count))
        self._changed[name, qualifier] = self._now()
        await self._repeat(exchange)
        return _json(202, self._shown(name, qualifier))

    async def _provisioned(self, _exchange: Exchange, reference: Reference, _given: dict[str, Any]) -> Reply:
        self._admission.look()
        return _json(200, self._shown(reference.name, reference.qualifier))

    async def _release(self, exchange: Exchange, reference: Reference, _given: dict[str, Any]) -> Reply:
        _accept(self._admission.provision(reference.name, reference.qualifier, None))
        self._changed.pop((reference.name, reference.qualifier), None)
        self._set(reference.name, reference.qualifier, None, None)
        await self._repeat(exchange)
        return Reply(204)

    async def _list(self, _exchange: Exchange, reference: Reference, _given: dict[str, Any]) -> Reply:
        self._admission.look()
        found = [
            {"FunctionArn": arn_of(name, self._region, self._account, qualifier)}
            | self._shown(name, qualifier)
            for name, qualifier in self._changed
            if name == reference.name and self._admission.account.provisioned(name, qualifier) is not None
        ]
        return _json(200, {"ProvisionedConcurrencyConfigs": found})

    def _shown(self, name: str, qualifier: str) -> dict[str, Any]:
        found = self._admission.account.provisioned(name, qualifier)
        if found is None:
            said = "No Provisioned Concurrency Config found for this function"
            raise Refused("ProvisionedConcurrencyConfigNotFoundException", said, 404)
        return {
            "RequestedProvisionedConcurrentExecutions": found.requested,
            "AvailableProvisionedConcurrentExecutions": found.available,
            "AllocatedProvisionedConcurrentExecutions": found.allocated,
            "Status": found.status.value,
            "LastModified": self._changed.get((name, qualifier), self._now()),
        }

    def _now(self) -> str:
        at = datetime.fromtimestamp(self._clock.epoch_s(self._clock.now()), UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}+0000"

    # -- the account -----

    def handle_settings(self, exchange: Exchange) -> Outcome:
        """Return what to do with GetAccountSettings: the backend's answer with the model's figures."""
        if exchange.path.rstrip("/") != SETTINGS_PATH or exchange.method != "GET":
            return None
        exchange.operation = "GetAccountSettings"
        return self._settings(exchange)

    async def _settings(self, exchange: Exchange) -> Reply:
        answer = await self._repeat(exchange)
        told = orjson.loads(answer.body) if answer.status == 200 else {"AccountLimit": {}, "AccountUsage": {}}
        told.setdefault("AccountLimit", {}).update(
            ConcurrentExecutions=self._admission.concurrency,
            UnreservedConcurrentExecutions=self._admission.account.unreserved,
        )
        return _json(200, told)


def _count(given: dict[str, Any], name: str) -> int:
    count = given.get(name)
    if isinstance(count, bool) or not isinstance(count, int):
        member = name[0].lower() + name[1:]
        raise Refused(
            "ValidationException",
            f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member "
            "must not be null",
        )
    return count


def _accept(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal.code, refusal.message, _STATUS.get(refusal.code, 400))


def _json(status: int, value: dict[str, Any]) -> Reply:
    return Reply(status, orjson.dumps(value), (("Content-Type", "application/json"),))
