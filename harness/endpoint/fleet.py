"""The instances of one variant: who takes a request, how long it waits, when it is answered.

Every instance has `concurrency` slots and one queue served in order of arrival. Because the order is fixed
and the service time is drawn on arrival, the moment of the answer is known at once: a heap of slot-free
times per instance (the recursion of Kiefer and Wolfowitz) gives the start, and one heap per fleet holds the
answers to come. A request costs O(log n); nothing is simulated that is not asked for.
"""

import math
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from heapq import heapify, heappop, heappush, heapreplace
from random import Random

from harness.endpoint.distributions import Constant, ServiceTime
from harness.endpoint.instance import Instance, InstanceView, Sample, take_sample
from harness.endpoint.outcomes import Accepted, Completed, Outcome, Rejected, RejectReason
from harness.errors import ScenarioError

__all__ = ["Fleet", "InstanceView", "Routing", "Sample"]

# Named tuples are made of their fields by a function in Python; this takes a third of it.
_new = tuple.__new__
_OK = Outcome.OK
SAMPLES_PER_MINUTE = 6
"""SageMaker emits its concurrency metrics every 10 s (developer guide, "Define a scaling policy")."""


class Routing(StrEnum):
    """`RoutingStrategy` of a production variant (service model). RANDOM as the default is inferred."""

    RANDOM = "RANDOM"
    LEAST_OUTSTANDING_REQUESTS = "LEAST_OUTSTANDING_REQUESTS"


class Fleet:
    """The instances of one variant in virtual, wall or compressed time alike.

    Moments passed in never run back (ValueError). `service_time` is already that of the instance type;
    `seed` names two streams, so that routing and service times never shift each other. `on_sample` is told
    every `60 / samples_per_minute` seconds what the instances had to do, late but in time order, and before
    anything of a later moment happens.
    """

    def __init__(
        self,
        *,
        service_time: ServiceTime,
        concurrency: int,
        queue_limit: int,
        seed: str,
        name: str = "AllTraffic",
        routing: Routing = Routing.RANDOM,
        timeout_s: float = 60.0,
        finish_timed_out: bool = True,
        samples_per_minute: int = SAMPLES_PER_MINUTE,
        on_sample: Callable[[Sample], None] | None = None,
    ) -> None:
        if concurrency < 1:
            raise ScenarioError(
                f"Fleet {name!r}: concurrency is {concurrency}; give each instance at least 1 slot"
            )
        if queue_limit < 0:
            raise ScenarioError(f"Fleet {name!r}: queue_limit is {queue_limit}; it must not be negative")
        self.name = name
        self._concurrency = concurrency
        self._queue_limit = queue_limit
        self._service_time = service_time
        self._constant_s = service_time.seconds if isinstance(service_time, Constant) else None
        self._least = routing is Routing.LEAST_OUTSTANDING_REQUESTS
        self._timeout_s = timeout_s
        self._finish = finish_timed_out
        self._routing_random = Random(f"{seed}/routing")
        self._draw_place = self._routing_random.random
        self._service_random = Random(f"{seed}/service")
        self._instances: dict[str, Instance] = {}
        self._zones: Counter[str] = Counter()
        self._serving: list[Instance] = []
        self._warming: dict[str, Instance] = {}  # in service, not yet given requests
        self._joined = 0
        self._by_order: dict[int, Instance] = {}
        self._levels: list[list[int]] = [[]]  # by outstanding requests: orders of joining, ascending
        self._lowest = 0
        self._pending: list[Completed] = []  # heap, by moment
        self._done: list[Completed] = []  # ended, not yet told
        self._now = -math.inf
        self._active = 0
        self._samples_per_minute = samples_per_minute
        self._on_sample = on_sample
        self._sample_number = 0
        self._sample_at = math.inf

    @property
    def active(self) -> int:
        """How many instances are in service now and do not drain."""
        return self._active

    @property
    def in_flight(self) -> int:
        """How many accepted requests have not ended yet."""
        return len(self._pending)

    def instances(self) -> tuple[InstanceView, ...]:
        """Return every instance, those that drain included, in the order they came."""
        counts: dict[str, int] = {}
        for ended in self._pending:
            counts[ended.instance_id] = counts.get(ended.instance_id, 0) + 1
        return tuple(
            InstanceView(
                each.instance_id, each.zone, each.since, each.gone_at, counts.get(each.instance_id, 0)
            )
            for each in self._instances.values()
        )

    def zones(self) -> Mapping[str, int]:
        """Return how many instances each zone has, those that drain included."""
        return self._zones

    def arrive(
        self, request_id: int, now: float, service_s: float | None = None, place: float | None = None
    ) -> Accepted | Rejected:
        """Route one request at *now* and return its place, or why it was turned away.

        *service_s* replaces the drawn service time where the caller knows better (a batch of rows), *place*,
        from 0 up to 1, the draw that routes the request.
        """
        if now < self._now:
            self._refuse_past(now)
        self._now = now
        if now >= self._sample_at:
            self._take_samples(now)
        pending = self._pending
        if pending and pending[0][0] <= now:
            self._settle(now)
        serving = self._serving
        if not serving:
            return Rejected(request_id, self.name, RejectReason.NO_CAPACITY)
        if place is None:
            place = self._draw_place()
        instance = self._least_busy(place) if self._least else serving[int(place * len(serving))]
        slots = instance.slots
        free_at = slots[0]
        start_at = free_at if free_at > now else now
        waiting = instance.waiting
        if start_at > now:
            while waiting and waiting[0] <= now:
                waiting.popleft()
            if len(waiting) >= self._queue_limit:
                return Rejected(request_id, self.name, RejectReason.QUEUE_FULL)
        if service_s is None:
            service_s = self._constant_s
            if service_s is None:
                service_s = self._service_time.draw(self._service_random)
        end_at = start_at + service_s
        give_up_at = now + self._timeout_s
        if end_at <= give_up_at:
            ended = _new(
                Completed,
                (end_at, request_id, self.name, instance.instance_id, start_at - now, service_s, _OK),
            )
            heapreplace(slots, end_at)
            instance.work += service_s
            if start_at > now:
                waiting.append(start_at)
        else:
            ended = self._timed_out(request_id, instance, now, start_at, end_at)
        heappush(pending, ended)
        if self._least:
            self._shift(instance, 1)
        return _new(Accepted, (request_id, self.name, instance.instance_id, start_at, ended[0]))

    def next_deadline(self) -> float | None:
        """Return when the next answer leaves, or None while nothing is in flight; now, if one has left."""
        if self._done:
            return self._now
        return self._pending[0].at if self._pending else None

    def advance(self, now: float) -> list[Completed]:
        """Return every request that ended up to *now* and was not yet told, in time order."""
        if now < self._now:
            self._refuse_past(now)
        self._now = now
        self._settle(now)
        if len(self._instances) > self._active:
            self._forget_gone(now)
        done, self._done = self._done, []
        return done

    def add_instance(self, instance_id: str, zone: str, now: float, *, takes_requests: bool = True) -> None:
        """Put a new instance in service at *now*; without *takes_requests* it waits for `open_instance`."""
        self._settle(now)
        if self._sample_at == math.inf and self._on_sample:
            self._sample_number = math.floor(now * self._samples_per_minute / 60.0) + 1
            self._sample_at = self._sample_number * 60.0 / self._samples_per_minute
        instance = Instance(instance_id, zone, now, self._concurrency)
        self._instances[instance_id] = instance
        self._zones[zone] += 1
        self._active += 1
        if takes_requests:
            self._start_serving(instance)
        else:
            self._warming[instance_id] = instance

    def open_instance(self, instance_id: str, now: float) -> None:
        """Let an instance that was added without requests take them from *now* on; one that left does not."""
        self._settle(now)
        instance = self._warming.pop(instance_id, None)
        if instance is not None:
            self._start_serving(instance)

    def drain(self, instance_id: str, now: float, limit_s: float) -> float:
        """Let the instance finish what it has and take no more; return when it is gone.

        It is gone when empty, or at now + *limit_s*; what is unfinished then is LOST at that moment.
        """
        self._settle(now)
        instance = self._instances[instance_id]
        self._stop_serving(instance)
        empty_at = max(now, *instance.slots)
        instance.gone_at = min(empty_at, now + limit_s)
        if instance.gone_at < empty_at:
            self._lose({instance_id}, instance.gone_at)
        return instance.gone_at

    def fail_instance(self, instance_id: str, now: float) -> None:
        """Take the instance away at *now*; everything on it, running or queued, is LOST."""
        self._settle(now)
        self._drop(instance_id)
        self._lose({instance_id}, now)
        self._settle(now)

    def fail_zone(self, zone: str, now: float) -> tuple[str, ...]:
        """Take every instance of *zone* away at *now* and return their ids; what they held is LOST."""
        self._settle(now)
        failed = tuple(each.instance_id for each in self._instances.values() if each.zone == zone)
        for instance_id in failed:
            self._drop(instance_id)
        self._lose(set(failed), now)
        self._settle(now)
        return failed

    def _timed_out(
        self, request_id: int, instance: Instance, now: float, start_at: float, end_at: float
    ) -> Completed:
        give_up_at = now + self._timeout_s
        # What the container does with a request nobody waits for is not documented: `finish_timed_out`.
        leaves_queue_at = start_at if self._finish else min(start_at, give_up_at)
        if leaves_queue_at > now:
            instance.waiting.append(leaves_queue_at)
        if self._finish or start_at < give_up_at:
            free_at = end_at if self._finish else give_up_at
            heapreplace(instance.slots, free_at)
            instance.work += free_at - start_at
        queue_s = min(start_at, give_up_at) - now
        return Completed(
            give_up_at,
            request_id,
            self.name,
            instance.instance_id,
            queue_s,
            max(0.0, give_up_at - start_at),
            Outcome.TIMED_OUT,
        )

    def _settle(self, now: float) -> None:
        if now >= self._sample_at:
            self._take_samples(now)
        pending, done = self._pending, self._done
        while pending and pending[0][0] <= now:
            ended = heappop(pending)
            done.append(ended)
            if self._least:
                instance = self._instances.get(ended.instance_id)
                if instance is not None and instance.gone_at is None:
                    self._shift(instance, -1)

    def _lose(self, instance_ids: set[str], at: float) -> None:
        """Turn everything the instances would answer after *at* into a loss at that moment."""
        kept: list[Completed] = []
        for ended in self._pending:
            if ended.instance_id in instance_ids and ended.at > at:
                waited = at - (ended.at - ended.queue_s - ended.service_s)
                queue_s = min(ended.queue_s, waited)
                ended = ended._replace(
                    at=at, queue_s=queue_s, service_s=waited - queue_s, outcome=Outcome.LOST
                )
            kept.append(ended)
        heapify(kept)
        self._pending = kept

    def _drop(self, instance_id: str) -> None:
        instance = self._instances.pop(instance_id)
        self._zones[instance.zone] -= 1
        if instance.gone_at is None:
            self._stop_serving(instance)

    def _start_serving(self, instance: Instance) -> None:
        instance.order = self._joined
        self._joined += 1
        self._serving.append(instance)
        if self._least:
            self._by_order[instance.order] = instance
            self._enter_levels(instance)

    def _stop_serving(self, instance: Instance) -> None:
        self._active -= 1
        if self._warming.pop(instance.instance_id, None) is not None:
            return
        self._serving.remove(instance)
        if self._least:
            self._leave_levels(instance)
            del self._by_order[instance.order]

    def _forget_gone(self, now: float) -> None:
        for instance in list(self._instances.values()):
            if instance.gone_at is not None and instance.gone_at <= now:
                del self._instances[instance.instance_id]
                self._zones[instance.zone] -= 1

    def _least_busy(self, place: float) -> Instance:
        # SageMaker does not say how it breaks ties: here by a draw over the order of joining.
        levels = self._levels
        while not levels[self._lowest]:
            self._lowest += 1
        lowest = levels[self._lowest]
        return self._by_order[lowest[int(place * len(lowest))]]

    def _shift(self, instance: Instance, step: int) -> None:
        # Twice per request, so it leaves one level and enters the next without a call of its own for each.
        levels, order, level = self._levels, instance.order, instance.level
        left = levels[level]
        del left[bisect_left(left, order)]
        instance.level = level = level + step
        if level == len(levels):
            levels.append([])
        insort(levels[level], order)
        if level < self._lowest:
            self._lowest = level

    def _enter_levels(self, instance: Instance) -> None:
        instance.level = 0
        insort(self._levels[0], instance.order)
        self._lowest = 0

    def _leave_levels(self, instance: Instance) -> None:
        level = self._levels[instance.level]
        del level[bisect_left(level, instance.order)]

    def _take_samples(self, now: float) -> None:
        """Tell what the instances had to do at every sampling moment up to *now*."""
        tell = self._on_sample
        assert tell is not None  # without it there is no sampling moment
        while self._sample_at <= now:
            whole = self._sample_number % self._samples_per_minute == 0
            tell(take_sample(self._instances.values(), self._pending, self._sample_at, whole=whole))
            self._sample_number += 1
            self._sample_at = self._sample_number * 60.0 / self._samples_per_minute

    def _refuse_past(self, now: float) -> None:
        raise ValueError(
            f"Fleet {self.name!r}: time runs back from {self._now!r} to {now!r}; pass moments in order"
        )
