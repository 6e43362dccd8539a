"""What the declared faults do to the delivery of messages: decided message by message."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from harness.scenario.faults.calls import Count
from harness.scenario.faults.delayed_delivery import DelayedDelivery
from harness.scenario.faults.duplicated_delivery import DuplicatedDelivery
from harness.scenario.faults.out_of_order_delivery import OutOfOrderDelivery
from harness.scenario.faults.queues import queue_name
from harness.scenario.faults.streams import stream_names
from harness.scenario.messaging import FIFO_ENDING

DeliveryFault: TypeAlias = DuplicatedDelivery | DelayedDelivery | OutOfOrderDelivery

# How long a message that is to be overtaken is hidden where none came with it: the least that SQS can.
OVERTAKEN_BY_S = 1.0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How received messages are handed out: the indexes in `order`; those in `held` are not, but hidden for
    so many seconds. Every index is in exactly one of the two."""

    order: tuple[int, ...]
    held: Mapping[int, float] = field(default_factory=dict)


class Deliveries:
    """Whether a fault hits a message is drawn from the seed, the fault and the message's id alone, so the
    same messages are hit whatever the order they come in; each fault acts on a message once at most.

    Queues are named as AWS names them; `at` is model seconds since the run began. Nothing acts before `begin`
    and after `end`. FIFO queues are left alone.
    """

    def __init__(self, faults: Sequence[object], seed: int) -> None:
        """Take those of *faults* that act on deliveries."""
        taken = [one for one in faults if isinstance(one, DeliveryFault)]
        self._drawn = [
            _Drawn(fault, stream) for fault, stream in zip(taken, stream_names(taken, seed), strict=True)
        ]
        self._began_at = math.inf

    def begin(self, at: float) -> None:
        """Let the faults act; their windows are counted from *at*."""
        self._began_at = at

    def end(self) -> None:
        """Let no fault act any more."""
        self._began_at = math.inf

    def keeps(self, queue: str, message: str, at: float) -> bool:
        """Return whether *message*, which its consumer deletes, is to be kept and delivered once more."""
        acting = self._acting(queue, at, DuplicatedDelivery)
        return sum(one.hits(message) for one in acting) > 0

    def arrange(self, queue: str, messages: Sequence[str], at: float) -> Arrangement:
        """Return how *messages*, received together, are handed out."""
        held = self._delayed(queue, messages, at)
        left = [index for index in range(len(messages)) if index not in held]
        acting = self._acting(queue, at, OutOfOrderDelivery)
        late = [index for index in left if sum(one.hits(messages[index]) for one in acting)]
        early = [index for index in left if index not in late]
        if late and not early:
            return Arrangement((), held | dict.fromkeys(late, OVERTAKEN_BY_S))
        return Arrangement((*early, *reversed(late)), held)

    def counts(self) -> list[Count]:
        """Return what each fault has hit, in the order declared."""
        return [Count(one.fault.KIND, one.fault.detail, len(one.seen), one.hit) for one in self._drawn]

    def _delayed(self, queue: str, messages: Sequence[str], at: float) -> dict[int, float]:
        acting = self._acting(queue, at, DelayedDelivery)
        held: dict[int, float] = {}
        for index, message in enumerate(messages):
            by_s = sum(one.by_s for one in acting if one.hits(message))
            if by_s:
                held[index] = by_s
        return held

    def _acting(self, queue: str, at: float, kind: type[DeliveryFault]) -> "list[_Drawn]":
        if queue.endswith(FIFO_ENDING):
            return []
        since = at - self._began_at
        return [one for one in self._drawn if isinstance(one.fault, kind) and one.acts(queue, since)]


class _Drawn:
    """One fault, its stream, and the messages it has been asked about."""

    def __init__(self, fault: DeliveryFault, stream: str) -> None:
        self.fault = fault
        self.by_s = fault.by_s if isinstance(fault, DelayedDelivery) else 0.0
        self.seen: set[str] = set()
        self.hit = 0
        self._stream = stream
        self._queue = queue_name(fault.queue)

    def acts(self, queue: str, since: float) -> bool:
        return self._queue in ("", queue) and self.fault.after_s <= since < self.fault.until_s

    def hits(self, message: str) -> bool:
        """Return whether *message* is hit now: never a second time."""
        if message in self.seen:
            return False
        self.seen.add(message)
        hit = Random(f"{self._stream}/{message}").random() < self.fault.share
        self.hit += hit
        return hit
