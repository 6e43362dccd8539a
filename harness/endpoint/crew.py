"""The comings and goings of an endpoint's instances: launched, joined, drained, failed, replaced.

The endpoint decides how many; this part says when and where, keeps the account's quota and reports each
instance. It knows nothing of the endpoint's status.
"""

from collections.abc import Iterable
from functools import partial

from harness.endpoint.capacity import InstanceQuota
from harness.endpoint.events import CapacityChanged, EndpointEvent, InstanceJoined, InstanceLeft, LeaveCause
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.timeline import Timeline
from harness.endpoint.variant import Variant


class Crew:
    """Moves instances of the variants of one endpoint; writes what happens to *outbox*.

    While `withheld` is true, AWS has no instances to give: what is asked for then never joins.
    """

    def __init__(
        self,
        endpoint: str,
        settings: EndpointSettings,
        quota: InstanceQuota,
        timeline: Timeline,
        outbox: list[EndpointEvent],
    ) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._quota = quota
        self._timeline = timeline
        self._outbox = outbox
        self._down: set[str] = set()
        self.withheld = False

    def reserve(self, wanted: Iterable[tuple[Variant, int]]) -> str | None:
        """Take quota for all of *wanted* or for none of it; return AWS's refusal, or None."""
        taken: list[tuple[Variant, int]] = []
        for variant, count in wanted:
            refusal = self._quota.reserve(variant.spec.instance_type, count)
            if refusal:
                for earlier, number in taken:
                    self.release(earlier, number)
                return refusal
            taken.append((variant, count))
        return None

    def release(self, variant: Variant, count: int) -> None:
        """Give quota of *count* instances of *variant* back."""
        self._quota.release(variant.spec.instance_type, count)

    def bring_up(self, variants: Iterable[Variant], failure: str, now: float) -> tuple[float, bool]:
        """Ask for all instances of new *variants*; return when that is over and whether they come up.

        They do not when AWS has no instances, nor when their containers never pass the ping (*failure*):
        SageMaker puts no instance into service before it has.
        """
        if self.withheld:
            return now + self._settings.no_capacity_timeout_s, False
        if failure:
            launched_at = max(each.plan_joins(each.desired, now)[-1] for each in variants)
            return launched_at + self._settings.ping_timeout_s, False
        return max(self.launch(each, each.desired, now) for each in variants), True

    def launch(self, variant: Variant, count: int, now: float) -> float:
        """Ask for *count* instances, whose quota is already taken; return when the last of them joins."""
        if count == 0:
            return now
        joins = variant.plan_joins(count, now)
        for at in joins:
            number = variant.next_launch()
            variant.launching[number] = self._timeline.plan(at, partial(self._join, variant, number, now))
        return joins[-1]

    def adopt(self, variant: Variant, now: float) -> None:
        """Put all instances that *variant* should have in service at *now*, as if they had been there."""
        for _ in range(variant.desired):
            self._put_in_service(variant, self._settings.zones, now, now, takes_requests=True)

    def resize(self, variant: Variant, desired: int, growth: int, now: float) -> float:
        """Bring *variant* to *desired* instances, with quota for *growth*; return when it is over."""
        variant.desired = desired
        if growth and self.withheld:
            done_at = now + self._settings.no_capacity_timeout_s
            self._timeline.plan(done_at, partial(self._abandon_growth, variant, growth))
        elif growth:
            done_at = self.launch(variant, growth, now)
        else:
            done_at = max(self.shrink(variant, variant.held - desired, now), now + self._settings.scale_in_s)
        self.tell_capacity(variant, now)
        return done_at

    def shrink(self, variant: Variant, count: int, now: float) -> float:
        """Take *count* instances away, those still on their way first; return when the last is gone."""
        gone_at, limit_s = now, self._settings.drain_limit_s
        while count > 0 and self._call_off(variant):
            count -= 1
        for instance_id, zone in variant.pick_leavers(max(count, 0)):
            gone_at = max(
                gone_at, self._let_go(variant, instance_id, zone, now, limit_s, LeaveCause.SCALED_IN)
            )
        return gone_at

    def take_down(self, variant: Variant, now: float, limit_s: float, cause: LeaveCause) -> float:
        """Take every instance away, draining for at most *limit_s*; return when the last is gone."""
        while self._call_off(variant):
            pass
        gone_at = now
        # An endpoint is taken down only between updates, so none of its instances drains already.
        for each in variant.fleet.instances():
            gone_at = max(gone_at, self._let_go(variant, each.instance_id, each.zone, now, limit_s, cause))
        return gone_at

    def fail_zone(self, zone: str, variants: Iterable[Variant], now: float) -> None:
        """Take all instances of *zone* away and launch others elsewhere; nothing joins there from now on."""
        self._down.add(zone)
        for variant in variants:
            serving = {each.instance_id for each in variant.fleet.instances() if each.gone_at is None}
            failed = variant.fleet.fail_zone(zone, now)
            for instance_id in failed:
                self._leave(variant, instance_id, zone, LeaveCause.ZONE_FAILED, now)
            self._replace(variant, len(serving.intersection(failed)), now)

    def restore_zone(self, zone: str, variants: Iterable[Variant], now: float) -> None:
        """Let instances join in *zone* again and launch those that found no zone at all."""
        self._down.discard(zone)
        for variant in variants:
            count, variant.stranded = variant.stranded, 0
            self.launch(variant, count, now)

    def fail_instance(self, variant: Variant, instance_id: str, now: float) -> None:
        """Take one instance away at once and launch another in its place when the settings say so.

        Nothing happens where it has gone already, as at the very moment of its own end.
        """
        instances = {each.instance_id: each for each in variant.fleet.instances()}
        instance = instances.get(instance_id)
        if instance is None:
            return
        variant.fleet.fail_instance(instance_id, now)
        self._leave(variant, instance_id, instance.zone, LeaveCause.INSTANCE_FAILED, now)
        self._replace(variant, 1 if instance.gone_at is None else 0, now)

    def tell_capacity(self, variant: Variant, now: float) -> None:
        """Report the variant's counts if they changed, and let its metrics know how many serve now."""
        active = variant.fleet.active
        if variant.live:
            variant.metrics.set_active(now, active)
        if variant.shown and variant.told != (variant.desired, active):
            variant.told = (variant.desired, active)
            self._outbox.append(
                CapacityChanged(now, self._endpoint, variant.spec.name, variant.desired, active)
            )

    def _abandon_growth(self, variant: Variant, growth: int, now: float) -> None:
        """No instance came: the variant keeps what it has, and nobody gives a reason (recorded, case C4)."""
        self.release(variant, growth)
        variant.desired -= growth
        self.tell_capacity(variant, now)

    def _join(self, variant: Variant, number: int, launched_at: float, now: float) -> None:
        del variant.launching[number]
        zones = tuple(zone for zone in self._settings.zones if zone not in self._down)
        if not zones:
            variant.stranded += 1
            return
        # An endpoint that does not serve yet has nothing else to give its requests to.
        delay_s = self._settings.join_to_traffic_s if variant.live else 0.0
        instance_id = self._put_in_service(variant, zones, launched_at, now, takes_requests=delay_s == 0.0)
        if delay_s:
            self._timeline.plan(now + delay_s, partial(variant.fleet.open_instance, instance_id))
        self.tell_capacity(variant, now)

    def _put_in_service(
        self,
        variant: Variant,
        zones: tuple[str, ...],
        launched_at: float,
        now: float,
        *,
        takes_requests: bool,
    ) -> str:
        instance_id, zone = variant.join(now, zones, takes_requests=takes_requests)
        self._outbox.append(
            InstanceJoined(
                now,
                self._endpoint,
                variant.spec.name,
                instance_id,
                zone,
                variant.spec.instance_type,
                launched_at,
            )
        )
        return instance_id

    def _call_off(self, variant: Variant) -> bool:
        """Take back one instance that has not joined yet; return whether there was one."""
        if variant.stranded:
            variant.stranded -= 1
        elif variant.launching:
            self._timeline.cancel(variant.launching.pop(max(variant.launching)))
        else:
            return False
        self.release(variant, 1)
        return True

    def _let_go(
        self, variant: Variant, instance_id: str, zone: str, now: float, limit_s: float, cause: LeaveCause
    ) -> float:
        gone_at = variant.fleet.drain(instance_id, now, limit_s)
        self._timeline.plan(gone_at, partial(self._gone, variant, instance_id, zone, cause))
        return gone_at

    def _gone(self, variant: Variant, instance_id: str, zone: str, cause: LeaveCause, now: float) -> None:
        # An instance that failed while it drained has left already, and its quota waits for this moment.
        if instance_id in variant.present:
            self._leave(variant, instance_id, zone, cause, now)
        self.release(variant, 1)

    def _leave(self, variant: Variant, instance_id: str, zone: str, cause: LeaveCause, now: float) -> None:
        variant.present.discard(instance_id)
        self._outbox.append(InstanceLeft(now, self._endpoint, variant.spec.name, instance_id, zone, cause))

    def _replace(self, variant: Variant, count: int, now: float) -> None:
        if count == 0:
            return
        self.tell_capacity(variant, now)
        if self._settings.replace_failed and variant.replaceable:
            self.launch(variant, count, now)
        else:
            self.release(variant, count)
