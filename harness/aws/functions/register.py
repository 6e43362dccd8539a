"""The functions that there are, in the admission model as in the backend; the journal is told of each."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.functions.admission import Admission
from harness.aws.functions.configurations import Configurations, Qualified, Version
from harness.aws.functions.names import Place, Reference, place_of
from harness.aws.root_calls import RootClient
from harness.endpoint.distributions import Distribution
from harness.errors import BackendError
from harness.gateway.chain import Exchange


class Register:
    """Keeps *admission* in step with what calls change; to be used on the gateway's loop.

    *gone* is told of a function that was deleted.
    """

    def __init__(
        self,
        root: RootClient,
        admission: Admission,
        init_times: Mapping[str, Distribution],
        record: Callable[[journal.Record], None],
        gone: Callable[[str], None],
    ) -> None:
        self.known = Configurations(root, self._seen)
        self._root = root
        self._admission = admission
        self._init_times = init_times
        self._record = record
        self._gone = gone
        self._declared: dict[str, Version] = {}
        self._aliases: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def latest(self, function: str) -> Version | None:
        """Return $LATEST of a function as it was last read."""
        return self._declared.get(function)

    def is_here(self, reference: Reference | None) -> bool:
        """Return whether a call is about this account and region, as far as it says."""
        return reference is None or (
            reference.account in ("", self._root.account) and reference.region in ("", self._root.region)
        )

    async def qualified(self, reference: Reference) -> Qualified:
        """Return what *reference* leads to; raise Refused where there is no such thing."""
        found = self.known.find(reference.name, reference.qualifier)
        return found or await self._read(reference)

    async def _read(self, reference: Reference) -> Qualified:
        try:
            found = await self.known.read(reference.name, reference.qualifier)
        except Refused:
            if not reference.qualifier:
                self._forget(reference.name)
            raise
        if found.is_alias:
            self._aliases.add((found.name, found.qualifier))
            self._admission.point(found.name, found.qualifier, found.version, found.weights)
        return found

    async def _seen(self, latest: Version) -> None:
        """Take in a function, or what changed of it."""
        before = self._declared.get(latest.name)
        if before == latest:
            return
        self._declared[latest.name] = latest
        if before is None:
            self._admission.put(latest.name, self._init_times.get(latest.name))
            reserved = await self.known.reserved(latest.name)
            if reserved is not None:
                self._admission.reserve(latest.name, reserved)
        else:
            self._admission.replace(latest.name)
        self._record(
            journal.FunctionDeclared(
                self._admission.now(),
                latest.name,
                latest.runtime,
                latest.handler,
                latest.role,
                latest.memory_mb,
                latest.timeout_s,
                self._admission.account.reserved(latest.name),
            )
        )

    # -- what changes it -----

    def heard(self, exchange: Exchange) -> None:
        """Take note of a call that is over."""
        if exchange.method == "GET" or exchange.path.endswith("/invocations"):
            return
        self.known.forget()
        place = place_of(exchange.path, exchange.query) if exchange.service == "lambda" else None
        if place is None or place.reference is None or not 200 <= exchange.status < 300:
            return
        if place.rest[:1] == ("aliases",):
            self._alias_changed(exchange.method, place.reference.name, place)
        elif exchange.method == "DELETE" and not place.rest and not place.reference.qualifier:
            self._forget(place.reference.name)

    def _forget(self, function: str) -> None:
        if self._declared.pop(function, None) is not None:
            self._aliases = {each for each in self._aliases if each[0] != function}
            self._admission.remove(function)
            self._gone(function)

    def _alias_changed(self, method: str, function: str, place: Place) -> None:
        """Let an alias that is in use lead where it leads now: what is provisioned moves at once."""
        alias = place.rest[1] if len(place.rest) == 2 else ""
        if (function, alias) not in self._aliases:
            return
        if method == "DELETE":
            self._aliases.discard((function, alias))
            self._admission.drop_alias(function, alias)
        else:
            self._spawn(self._reread(Reference(function, alias)))

    async def _reread(self, reference: Reference) -> None:
        try:
            await self.qualified(reference)
        except (Refused, BackendError):
            return  # whoever asks for it next is told why

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Read nothing any more."""
        for task in list(self._tasks):
            task.cancel()
