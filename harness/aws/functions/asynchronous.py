"""Asynchronous invocations from their acceptance to the destination that hears of their end."""

from collections.abc import Callable

from harness.aws.aws_json import Refused
from harness.aws.functions.admission import Admission
from harness.aws.functions.destinations import Destinations
from harness.aws.functions.events import Accepted, EventQueue
from harness.aws.functions.invocations import Invocations, Wanted, new_request
from harness.aws.functions.names import Reference
from harness.aws.functions.pool import Pool
from harness.aws.functions.register import Register
from harness.aws.functions.results import Result, failed
from harness.clock import Clock
from harness.errors import BackendError
from harness.functions.asynchronous import Ended, Events
from harness.functions.outcomes import Source
from harness.journal import Record


class Asynchronous:
    """Lambda's own queue of events. To be used on the gateway's loop."""

    def __init__(
        self,
        events: Events,
        invocations: Invocations,
        register: Register,
        admission: Admission,
        pool: Pool,
        destinations: Destinations,
        clock: Clock,
        record: Callable[[Record], None],
    ) -> None:
        self._invocations = invocations
        self._register = register
        self._admission = admission
        self._pool = pool
        self._destinations = destinations
        self._clock = clock
        self.queue = EventQueue(
            events, clock, admission.now, self._try, self._conclude, self._is_stopped, record
        )

    async def accept(
        self,
        reference: Reference,
        payload: bytes,
        *,
        request: str = "",
        trigger: str = "",
        caller: str = "",
        client_context: str = "",
    ) -> None:
        """Take an event; raise Refused where there is no such function."""
        known = await self._register.qualified(reference)
        config = await self._register.known.asynchronous(known.name, known.qualifier)
        self.queue.accept(
            Accepted(
                known.name,
                known.qualifier,
                payload,
                request or new_request(),
                trigger,
                caller,
                config,
                self._admission.now(),
                client_context,
            )
        )

    async def _try(self, event: Accepted, attempt: int, due_at: float | None) -> Result:
        wanted = Wanted(
            Reference(event.function, event.qualifier),
            event.payload,
            Source.ASYNCHRONOUS,
            event.trigger,
            due_at=due_at,
            request=event.request,
            attempt=attempt,
            caller=event.caller,
            client_context=event.client_context,
        )
        try:
            return await self._invocations.run(wanted)
        except Refused as error:
            return failed(error, event.request)

    async def _conclude(self, event: Accepted, ended: Ended, result: Result | None) -> str:
        """Send the record where the configuration says; return the ARN that got it, "" for none."""
        version = self._register.latest(event.function)
        if version is None or not (event.config.on_success or event.config.on_failure or version.dead_letter):
            return ""
        try:
            who = await self._pool.credentials(version)
        except (Refused, BackendError):
            return ""
        at = self._clock.epoch_s(self._clock.now())
        return await self._destinations.send(who, version, event, ended, result, at)

    def _is_stopped(self, function: str) -> bool:
        known = self._register.latest(function) is not None
        return known and self._admission.account.reserved(function) == 0
