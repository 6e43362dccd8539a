"""Which calls the declared faults hit: decided call by call, each fault by draws of its own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from harness.scenario.faults.connection_reset import ConnectionReset
from harness.scenario.faults.latency import Latency
from harness.scenario.faults.server_error import ServerError
from harness.scenario.faults.services import operations_hit, signing_name
from harness.scenario.faults.streams import stream_names
from harness.scenario.faults.throttle import Throttle

CallFault: TypeAlias = Throttle | ServerError | Latency | ConnectionReset
# What a call comes to in place of its answer.
Ending: TypeAlias = Throttle | ServerError | ConnectionReset


@dataclass(frozen=True, slots=True)
class Choice:
    """What happens to one call: it is held up for `delay_s` model seconds, and then ends with `ending`, or
    goes on where that is None."""

    delay_s: float
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class Count:
    """How much of what a fault could have hit it did hit, by when it was asked."""

    fault: str
    detail: str
    matching: int
    hit: int


class CallFaults:
    """Draws once for each fault and each call that it could hit, in the order in which the calls come.

    So the n-th matching call of a fault is hit or not by the seed alone: other faults, and calls that it does
    not match, change nothing. `at` is model seconds after the load began.
    """

    def __init__(self, faults: Sequence[object], seed: int) -> None:
        """Take those of *faults* that hit calls."""
        taken = [one for one in faults if isinstance(one, CallFault)]
        self._drawn = [
            _Drawn(fault, stream) for fault, stream in zip(taken, stream_names(taken, seed), strict=True)
        ]
        self._by_service: defaultdict[str, list[_Drawn]] = defaultdict(list)
        for one in self._drawn:
            self._by_service[signing_name(one.fault.service)].append(one)
        self.services = frozenset(self._by_service)

    def asks_operation(self, service: str, at: float) -> bool:
        """Return whether the operation of a call must be known to choose."""
        return any(one.operations and one.acts(at) for one in self._by_service.get(service, ()))

    def choose(self, service: str, operation: str, at: float) -> Choice | None:
        """Return what happens to a call of *service* (its signing name), None where nothing does.

        Of several faults that end a call, the first declared does.
        """
        delay_s, ending = 0.0, None
        for one in self._by_service.get(service, ()):
            if not one.hits(operation, at):
                continue
            if isinstance(one.fault, Latency):
                delay_s += one.fault.delay_s
            else:
                ending = ending or one.fault
        return Choice(delay_s, ending) if delay_s or ending else None

    def throttles(self, service: str, operation: str, at: float) -> bool:
        """Return whether a fault throttles what comes to *service* by no call: faults that need a connection
        to act on, or an answer, draw nothing for it."""
        faults = [one for one in self._by_service.get(service, ()) if isinstance(one.fault, Throttle)]
        hit = [one.hits(operation, at) for one in faults]  # each draws, whatever the others come to
        return any(hit)

    def counts(self) -> list[Count]:
        """Return what each fault has hit, in the order declared."""
        return [Count(one.fault.KIND, one.fault.detail, one.matching, one.hit) for one in self._drawn]


class _Drawn:
    """One fault with its stream and its counts."""

    def __init__(self, fault: CallFault, stream: str) -> None:
        self.fault = fault
        self.operations = frozenset(operations_hit(fault))
        self.matching = 0
        self.hit = 0
        self._random = Random(stream)

    def acts(self, at: float) -> bool:
        return self.fault.after_s <= at < self.fault.until_s

    def hits(self, operation: str, at: float) -> bool:
        if not self.acts(at) or (self.operations and operation not in self.operations):
            return False
        self.matching += 1
        hit = self._random.random() < self.fault.share
        self.hit += hit
        return hit
