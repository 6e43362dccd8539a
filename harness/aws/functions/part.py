"""Functions as a part of the stage: Lambda's calls answered, invocations admitted, run and journalled."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.functions.admission import Admission
from harness.aws.functions.asynchronous import Asynchronous
from harness.aws.functions.codes import Codes
from harness.aws.functions.concurrency_api import ConcurrencyApi
from harness.aws.functions.control import ControlPlane
from harness.aws.functions.datapoints import FunctionDatapoint
from harness.aws.functions.destinations import Destinations
from harness.aws.functions.house import House
from harness.aws.functions.invocations import Invocations, Wanted, new_request
from harness.aws.functions.invoking import Call, Invoking
from harness.aws.functions.logs import LogWriter
from harness.aws.functions.names import Reference, place_of
from harness.aws.functions.packages import Packages
from harness.aws.functions.pool import LiveEnvironment, Pool
from harness.aws.functions.register import Register
from harness.aws.functions.results import Modelled, Result, failed
from harness.aws.functions.running import PROVISIONED_INIT_LIMIT_S, Runner
from harness.aws.functions.triggers import Triggered, Triggers
from harness.aws.root_calls import RootClient
from harness.aws.signed_calls import SignedCalls
from harness.config import Credentials
from harness.errors import BackendError
from harness.functions.asynchronous import Events
from harness.functions.concurrency import (
    Account,
    EnvironmentEnded,
    EnvironmentStarted,
    Event,
    ProvisionedChanged,
)
from harness.functions.outcomes import Source
from harness.functions.provisioned import split_resource_id
from harness.functions.samples import MINUTE_S
from harness.functions.settings import FunctionSettings
from harness.gateway.chain import JUDGED_HEADER, Exchange, Handler, Outcome
from harness.gateway.fetch import Fetcher, FetchReply
from harness.refusal import Refusal

if TYPE_CHECKING:
    from harness.aws.permission.callers import Callers

__all__ = ["Functions", "Modelled", "Result"]

SERVICE, PRINCIPAL = "lambda", "lambda.amazonaws.com"
GATEWAY_PATH = "/_harness/gateway"


class Functions:
    """Lambda for one gateway. But for the constructor, everything here belongs to the gateway's loop.

    `handlers` come before those that only forward. *repeat* asks the backend in a client's own name; *show*
    takes CloudWatch's datapoints.
    """

    def __init__(
        self,
        house: House,
        fetcher: Fetcher,
        repeat: Callable[[Exchange], Awaitable[FetchReply]],
        show: Callable[[FunctionDatapoint], None],
        *,
        seed: int | str,
        modelled: Modelled | None = None,
        settings: FunctionSettings | None = None,
    ) -> None:
        self._house = house
        self._fetcher = fetcher
        self._show = show
        settings, modelled = settings or FunctionSettings(), modelled or Modelled()
        root = RootClient(fetcher, house.route, house.region, house.account)
        calls = SignedCalls(house.pool, lambda: house.gateway_url, house.region)
        self._account = Account(settings, seed=seed)
        self._admission = Admission(self._account, house.clock, self._hear, settings.account_concurrency)
        self._register = Register(root, self._admission, modelled.init_time, house.record, self._gone)
        self._codes = Codes()
        packages = Packages(self._codes, self._register.known, root)
        self._pool = Pool(
            self._codes,
            packages,
            house.clock,
            self._sign,
            house.finding,
            house.region,
            lambda: house.gateway_url,
        )
        self._logs = LogWriter(calls, self._pool.credentials)
        self._runner = runner = Runner(
            self._pool, self._admission, house.clock, house.record, modelled, self._log, seed
        )
        self._invocations = Invocations(self._register, self._admission, runner, house.record)
        self._asynchronous = Asynchronous(
            Events(settings, metrics=self._account.metrics),
            self._invocations,
            self._register,
            self._admission,
            self._pool,
            Destinations(calls, house.finding),
            house.clock,
            house.record,
        )
        self._prepare_answers(root, repeat)
        self._minutes: asyncio.Task[None] | None = None
        self.handlers: list[Handler] = [self._triggers.handle, self._handle]

    def _prepare_answers(self, root: RootClient, repeat: Callable[[Exchange], Awaitable[FetchReply]]) -> None:
        house = self._house
        self._control = ControlPlane(root, repeat, self._codes, self._register.known, self._sign)
        self._concurrency = ConcurrencyApi(
            self._admission,
            self._register.qualified,
            repeat,
            house.record,
            house.clock,
            house.region,
            house.account,
        )
        self._invoking = Invoking(self._ask, self._accept, self._exists, new_request, self._caller)
        self._triggers = Triggers(
            lambda: house.permission,
            lambda: house.route(SERVICE),
            self._invoke_for,
            self._accept_from,
            self._refused,
        )

    # -- life -----

    async def open(self) -> None:
        """Begin: the server listens, and the backend's services may bring their events."""
        self._minutes = asyncio.get_running_loop().create_task(self._publish())
        await self._say("POST")

    async def rest(self) -> None:
        """Write what waits of logs, and none from now on: the roles to write them under are about to go."""
        await self._logs.close()

    async def close(self) -> None:
        """End every environment, write what is left of their logs, and remove what was unpacked."""
        self._asynchronous.queue.close()
        if self._minutes is not None:
            self._minutes.cancel()
        with suppress(BackendError):  # it may have ended before
            await self._say("DELETE")
        self._tell_too_slow()
        await self._pool.close()
        await self._logs.close()
        self._admission.close()
        self._register.close()
        self._publish_until(self._admission.now() + MINUTE_S)
        self._codes.close()

    async def _say(self, method: str) -> None:
        """Tell our MiniStack, if it is one, that its services' events are to come here, or not any more."""
        at = self._house.route(SERVICE)
        if at.name == "ministack" and at.password:
            headers, body = ((JUDGED_HEADER, at.password),), self._house.gateway_url.encode()
            await self._fetcher.fetch(at, method, GATEWAY_PATH, headers=headers, body=body)

    # -- the request path -----

    def _handle(self, exchange: Exchange) -> Outcome:
        if exchange.service != SERVICE:
            return None
        place = place_of(exchange.path, exchange.query)
        if place is None:
            return self._concurrency.handle_settings(exchange) or self._control.handle_layer(exchange)
        if not self._register.is_here(place.reference):
            return None
        if place.reference is not None and exchange.method == "POST":
            if place.rest == ("invocations",):
                exchange.operation = "Invoke"
                return self._invoking.read(place.reference)
            if place.rest == ("invoke-async",):
                exchange.operation = "InvokeAsync"
                return self._invoking.read(place.reference, asynchronous=True)
        return self._concurrency.handle(exchange, place) or self._control.handle(exchange, place)

    def heard(self, exchange: Exchange) -> None:
        """Take note of a call that is over, before its client can send the next."""
        if exchange.service in (SERVICE, "cloudformation"):
            self._register.heard(exchange)

    def _tell_too_slow(self) -> None:
        for name, share in self._runner.too_slow().items():
            self._house.finding(
                "function-slower-than-modelled",
                "warning",
                f"function/{name}",
                f"{share:.0%} of the invocations of {name} took this machine longer than their modelled "
                "duration on this clock, so that environments were busy for longer; choose a slower clock.",
            )

    def _gone(self, function: str) -> None:
        for each in self._pool.of(function):
            if not each.is_busy:
                self._end(each.identity)

    # -- invocations -----

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
        request: str | None = None,
        attempt: int = 1,
        caller: str = "",
        client_context: str = "",
    ) -> Result:
        """Return what an invocation of *function* (a name or an ARN) comes to.

        What Lambda refuses, as a function that there is not, is an "error" of that code.
        """
        try:
            reference = self._invocations.referred(function, qualifier)
            wanted = Wanted(
                reference,
                payload,
                source,
                trigger,
                records,
                due_at,
                request or "",
                attempt,
                caller,
                client_context,
            )
            return await self._invocations.run(wanted)
        except Refused as error:
            return failed(error, request or "")

    async def _ask(self, call: Call) -> Result:
        return await self._invocations.run(
            Wanted(
                call.reference,
                call.payload,
                Source.SYNCHRONOUS,
                due_at=call.received_at,
                request=call.request,
                caller=call.caller,
                client_context=call.client_context,
            )
        )

    async def _accept(self, call: Call) -> None:
        await self._asynchronous.accept(
            call.reference,
            call.payload,
            request=call.request,
            caller=call.caller,
            client_context=call.client_context,
        )

    async def _exists(self, reference: Reference) -> str:
        return (await self._register.qualified(reference)).version

    @property
    def is_throttled_by_fault(self) -> Callable[[], bool]:
        """Asked of each invocation that is not synchronous: whether a declared fault throttles it."""
        return self._invocations.is_throttled_by_fault

    @is_throttled_by_fault.setter
    def is_throttled_by_fault(self, ask: Callable[[], bool]) -> None:
        self._invocations.is_throttled_by_fault = ask

    def kill_one(self, function: str) -> str:
        """Kill the process of one environment of *function*, a busy one first; its identity, "" for none."""
        found = sorted(self._pool.of(function), key=lambda each: not each.is_busy)
        for each in found[:1]:
            each.kill()
        return found[0].identity if found else ""

    @property
    def pending_events(self) -> int:
        """How many asynchronous events have not ended."""
        return self._asynchronous.queue.pending

    def next_event_at(self) -> float | None:
        """Return the model moment of the next attempt of an asynchronous event, None where none waits."""
        return self._asynchronous.queue.next_due()

    def _caller(self, exchange: Exchange) -> str:
        """Return who calls: by name where permission is asked, else the access key."""
        callers: Callers | None = getattr(self._house.permission, "callers", None)
        key = callers.of(exchange.access_key) if callers is not None else None
        return exchange.access_key if key is None else key.caller.name

    # -- services inside the backend -----

    async def _invoke_for(self, event: Triggered) -> Result:
        trigger = event.source or event.service
        return await self.invoke(
            event.function, "", event.payload, source=Source.SYNCHRONOUS, trigger=trigger
        )

    async def _accept_from(self, event: Triggered) -> None:
        reference = self._invocations.referred(event.function)
        await self._asynchronous.accept(reference, event.payload, trigger=event.source or event.service)

    def _refused(self, event: Triggered, why: str) -> None:
        self._house.finding(
            "function-not-permitted",
            "error",
            event.function,
            f"{event.service} may not invoke {event.function} for {event.source or 'it'} {why}.",
            "Lambda developer guide, Viewing resource-based IAM policies in Lambda",
        )

    # -- what the account tells -----

    def _hear(self, event: Event) -> None:
        if isinstance(event, EnvironmentEnded):
            self._end(event.environment)
        elif isinstance(event, EnvironmentStarted):
            self._prepare(event)
        elif isinstance(event, ProvisionedChanged):
            function, qualifier = split_resource_id(event.resource_id)
            self._house.record(
                journal.ConcurrencySet(event.at, function, qualifier, event.desired, event.allocated)
            )

    def _prepare(self, event: EnvironmentStarted) -> None:
        """Initialise a provisioned environment ahead of its use."""
        version = self._concurrency.versions.get((event.function, event.version))
        if version is not None and self._pool.get(event.environment) is None:
            made = self._pool.make(event.environment, version, provisioned=True)
            self._pool.warm(made, max(PROVISIONED_INIT_LIMIT_S, version.timeout_s))

    def _end(self, identity: str) -> None:
        environment = self._pool.get(identity)
        if environment is not None:
            self._logs.over(environment.stream)
            self._pool.end(identity)

    # -- what is shown -----

    def _log(self, environment: LiveEnvironment, lines: list[str], at: float) -> None:
        self._logs.write(environment.version, environment.stream, lines, self._house.clock.epoch_s(at))

    async def _publish(self) -> None:
        """Show CloudWatch each minute when it has passed."""
        clock, minute = self._house.clock, 1
        while True:
            wait_s = clock.real_until(minute * MINUTE_S)
            if wait_s > 0.0:
                await asyncio.sleep(wait_s)
                continue
            self._publish_until(minute * MINUTE_S)
            minute += 1

    def _publish_until(self, at: float) -> None:
        clock = self._house.clock
        for minute in self._account.metrics.take(at):
            self._show(FunctionDatapoint(minute, clock.epoch_s(minute.at)))

    async def _sign(self, role: str, function: str, arn: str) -> Credentials | Refusal:
        return await self._house.permission.credentials_for(role, PRINCIPAL, function, source_arn=arn)
