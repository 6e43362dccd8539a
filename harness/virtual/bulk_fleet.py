"""The instances of one variant, served from a trace: `endpoint.fleet.Fleet` for requests known beforehand.

Between two changes of the fleet nothing but arrivals happens, so they wait until something changes or
somebody asks, and are then served in one go by a data plane (`plain`, `exact`). Without a data plane the
fleet only comes and goes: enough where nobody asks how long a request waits.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from harness.endpoint.distributions import ServiceTime
from harness.endpoint.fleet import SAMPLES_PER_MINUTE, InstanceView, Routing, Sample
from harness.endpoint.outcomes import Accepted, Completed, Rejected
from harness.errors import ScenarioError
from harness.virtual.ledger import Fate, Ledger
from harness.virtual.rules import MakePlane, Plane, Rules


class _Member:
    __slots__ = ("given_s", "gone_at", "instance_id", "number", "since", "slots", "told_at", "told_s", "zone")

    def __init__(self, instance_id: str, zone: str, since: float, number: int) -> None:
        self.instance_id = instance_id
        self.zone = zone
        self.since = since
        self.number = number
        self.gone_at: float | None = None
        self.slots: Sequence[float] = ()  # when each slot is free, kept when it takes no more requests
        self.given_s = 0.0  # seconds of slot time given out so far
        self.told_s = 0.0  # seconds of slot time worked until told_at
        self.told_at = since


class BulkFleet:
    """The fleet of one variant in virtual time: made by an endpoint, then opened with a ledger by the driver.

    What each call promises stands in `Fleet`. Requests come by `serve` and their fates are in the ledger, so
    `advance` names none of them. A fleet without ledger holds no requests: whoever drains is gone at once.
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
        if concurrency < 1 or queue_limit < 0:
            raise ScenarioError(
                f"Fleet {name!r}: concurrency is {concurrency} and queue_limit {queue_limit}; give each "
                "instance at least 1 slot and a queue limit that is not negative"
            )
        self.name = name
        self.sampling = False
        """Whether gauges are sampled: it costs a data plane call every few seconds of the model."""
        self._rules = Rules(
            concurrency,
            queue_limit,
            timeout_s,
            finish_timed_out,
            routing is Routing.LEAST_OUTSTANDING_REQUESTS,
        )
        self._ledger: Ledger | None = None
        self._plane: Plane | None = None
        self._members: dict[str, _Member] = {}
        self._zones: Counter[str] = Counter()
        self._serving: list[_Member] = []
        self._warming: dict[str, _Member] = {}
        self._active = 0
        self._arrived = 0
        self._now = -math.inf
        self._samples_per_minute = samples_per_minute
        self._on_sample = on_sample
        self._sample_number = 0
        self._sample_at = math.inf

    @property
    def active(self) -> int:
        """How many instances are in service now and do not drain."""
        return self._active

    def open(self, ledger: Ledger, make_plane: MakePlane) -> None:
        """Serve the requests of *ledger* on a plane from *make_plane* from now on; once in its life."""
        if self._ledger is not None:
            raise ValueError(f"Fleet {self.name!r} is served from a trace already; play a world only once")
        # A queue that holds the whole trace is never full.
        limit = min(self._rules.queue_limit, len(ledger.trace) + 1)
        self._ledger, self._plane = ledger, make_plane(self._rules._replace(queue_limit=limit))
        self._arrived = ledger.served
        ledger.timeout_s = self._rules.timeout_s
        for each in self._members.values():
            each.number = ledger.enrol(each.instance_id)
        for each in self._serving:
            self._plane.join(each.number, each.since)

    def serve(self, last: int) -> None:
        """Take the ledger's requests up to *last* (not included); nothing may change before they arrive."""
        self._arrived = last

    def settle(self) -> None:
        """Give every request that has arrived its fate."""
        if self._ledger is not None:
            self._serve_until(self._ledger, self._arrived)

    def instances(self) -> tuple[InstanceView, ...]:
        """Return every instance, those that drain included, in the order they came."""
        self.settle()
        held = self._held(self._now) if self._ledger is not None else {}
        return tuple(
            InstanceView(each.instance_id, each.zone, each.since, each.gone_at, held.get(each.number, 0))
            for each in self._members.values()
        )

    def zones(self) -> Mapping[str, int]:
        """Return how many instances each zone has, those that drain included."""
        return self._zones

    def arrive(
        self, request_id: int, now: float, service_s: float | None = None, place: float | None = None
    ) -> Accepted | Rejected:
        """Raise ValueError: requests come from a trace here."""
        raise ValueError(
            f"Fleet {self.name!r}: request {request_id} came by itself at {now!r}; in virtual time requests "
            "come from a trace, so put it there"
        )

    def next_deadline(self) -> float | None:
        """Return None: no answer is told by itself."""
        return None

    def advance(self, now: float) -> list[Completed]:
        """Let time pass until *now*; the list is empty, what ended is in the ledger."""
        if now < self._now:
            raise ValueError(
                f"Fleet {self.name!r}: time runs back from {self._now!r} to {now!r}; pass moments in order"
            )
        self._now = now
        if now >= self._sample_at:
            self._take_samples(now)
        if len(self._members) > self._active:
            for each in list(self._members.values()):
                if each.gone_at is not None and each.gone_at <= now:
                    del self._members[each.instance_id]
                    self._zones[each.zone] -= 1
        return []

    def add_instance(self, instance_id: str, zone: str, now: float, *, takes_requests: bool = True) -> None:
        """Put a new instance in service at *now*; without *takes_requests* it waits for `open_instance`."""
        self._catch_up(now)
        if self._sample_at == math.inf and self._on_sample:
            self._sample_number = math.floor(now * self._samples_per_minute / 60.0) + 1
            self._sample_at = self._sample_number * 60.0 / self._samples_per_minute
        number = self._ledger.enrol(instance_id) if self._ledger is not None else 0
        member = self._members[instance_id] = _Member(instance_id, zone, now, number)
        self._zones[zone] += 1
        self._active += 1
        if takes_requests:
            self._start_serving(member)
        else:
            self._warming[instance_id] = member

    def open_instance(self, instance_id: str, now: float) -> None:
        """Let an instance that was added without requests take them from *now* on; one that left does not."""
        self._catch_up(now)
        member = self._warming.pop(instance_id, None)
        if member is not None:
            self._start_serving(member)

    def drain(self, instance_id: str, now: float, limit_s: float) -> float:
        """Let the instance finish what it has and take no more; return when it is gone."""
        self._catch_up(now)
        member = self._members[instance_id]
        self._stop_serving(member)
        gone_at = member.gone_at = min(max((now, *member.slots)), now + limit_s)
        self._lose(member, now, gone_at)
        return gone_at

    def fail_instance(self, instance_id: str, now: float) -> None:
        """Take the instance away at *now* with all it holds."""
        self._catch_up(now)
        member = self._members.pop(instance_id)
        self._zones[member.zone] -= 1
        if member.gone_at is None:
            self._stop_serving(member)
        self._lose(member, now, now)

    def fail_zone(self, zone: str, now: float) -> tuple[str, ...]:
        """Take every instance of *zone* away at *now*, those that drain included; return their ids."""
        self._catch_up(now)
        failed = tuple(each.instance_id for each in self._members.values() if each.zone == zone)
        for instance_id in failed:
            self.fail_instance(instance_id, now)
        return failed

    def _start_serving(self, member: _Member) -> None:
        self._serving.append(member)
        if self._plane is not None:
            self._plane.join(member.number, member.since)

    def _stop_serving(self, member: _Member) -> None:
        self._active -= 1
        if self._warming.pop(member.instance_id, None) is not None:
            return
        place = self._serving.index(member)
        del self._serving[place]
        if self._plane is not None:
            member.slots = self._plane.slots(place)
            self._plane.leave(place)

    def _lose(self, member: _Member, now: float, gone_at: float) -> None:
        if self._ledger is not None:
            self._ledger.lose(member.number, now, gone_at)

    def _catch_up(self, now: float) -> None:
        """Serve what has arrived before something changes at *now*."""
        if now >= self._sample_at:
            self._take_samples(now)
        self.settle()

    def _serve_until(self, ledger: Ledger, last: int) -> None:
        first = ledger.served
        if first >= last:
            return
        if not self._serving or self._plane is None:
            ledger.turn_away(first, last, Fate.NO_CAPACITY)
            return
        self._plane.serve(ledger, first, last)
        ledger.close(first, last)
        if self.sampling:
            given = ledger.work(first, last, finish_timed_out=self._rules.finish_timed_out)
            for each in self._serving:
                each.given_s += float(given[each.number])

    def _held(self, at: float) -> dict[int, int]:
        assert self._ledger is not None
        return dict(enumerate(self._ledger.outstanding(at).tolist()))

    def _take_samples(self, now: float) -> None:
        while self._sample_at <= now:
            if self.sampling:
                self._take_sample(self._sample_at)
            self._sample_number += 1
            self._sample_at = self._sample_number * 60.0 / self._samples_per_minute

    def _take_sample(self, at: float) -> None:
        """Tell what each instance had to do at *at*, before anything that happens at that very moment."""
        assert self._on_sample is not None  # without it there is no sampling moment
        held: dict[int, int] = {}
        if self._ledger is not None:
            self._serve_until(self._ledger, min(self._arrived, self._ledger.trace.rows_before(at)))
            held = self._held(at)
        present = [each for each in self._members.values() if each.gone_at is None or each.gone_at > at]
        outstanding = tuple(held.get(each.number, 0) for each in present)
        if self._sample_number % self._samples_per_minute:
            self._on_sample(Sample(at, outstanding, None))
            return
        worked_s = [each.given_s - _owed(self._slots(each), at) for each in present]
        busy = tuple(
            max(0.0, worked - each.told_s) / (at - each.told_at)
            for each, worked in zip(present, worked_s, strict=True)
            if at > each.told_at
        )
        for each, worked in zip(present, worked_s, strict=True):
            each.told_s, each.told_at = worked, at
        self._on_sample(Sample(at, outstanding, busy))

    def _slots(self, member: _Member) -> Sequence[float]:
        """Return when each slot of *member* is free, whether it takes requests or drains."""
        if self._plane is None or member not in self._serving:
            return member.slots
        return self._plane.slots(self._serving.index(member))


def _owed(slots: Sequence[float], at: float) -> float:
    """Return the slot seconds that are given out at *at* and not worked yet."""
    return math.fsum(free_at - at for free_at in slots if free_at > at)
