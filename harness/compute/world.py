"""The instances and spot requests of an account in model time: calls change them, moments come due.

Every method first lets happen what was due until *now*, and adds to what `take` returns.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

from harness.compute import requests as codes
from harness.compute.events import Event, InstanceChanged, InterruptionNoticed, RebalanceRecommended
from harness.compute.instances import (
    BY_ITSELF,
    BY_SPOT,
    BY_USER,
    PENDING,
    RUNNING,
    SHUTTING_DOWN,
    STOPPED,
    STOPPED_BY_SPOT,
    STOPPING,
    TERMINATED,
    Instance,
    Interruption,
    Launch,
)
from harness.compute.interruptions import InterruptionPlan, Plans
from harness.compute.market import Market
from harness.compute.requests import DISABLED, SpotRequest, Wish
from harness.compute.settings import NOTICE_S, ComputeSettings
from harness.compute.spot import SpotRequests
from harness.refusal import Refusal

Due = tuple[float, Callable[[float], None]]


class Compute:
    """`instances` and `requests` are by their ids, those that are over among them."""

    def __init__(self, market: Market, settings: ComputeSettings | None = None) -> None:
        self.market = market
        self.settings = settings or ComputeSettings()
        self.instances: dict[str, Instance] = {}
        self._told: list[Event] = []
        self._spot = SpotRequests(market, self.settings, self._told.append, self._restart)
        self._plans = Plans()

    @property
    def requests(self) -> dict[str, SpotRequest]:
        """The spot requests."""
        return self._spot.by_id

    def take(self) -> list[Event]:
        """Return what has happened since it was last asked, in order."""
        told = list(self._told)
        self._told.clear()
        return told

    # -- instances -----

    def run(self, launch: Launch, now: float) -> None:
        """Launch an instance: it is pending."""
        self.advance(now)
        self._launch(launch, now)

    def stop(self, name: str, now: float) -> Refusal | None:
        """Begin to stop an instance, as StopInstances does."""
        self.advance(now)
        one = self.instances[name]
        if one.state in (STOPPED, STOPPING):
            return None
        if one.state != RUNNING:
            return _wrong_state(name, "stopped")
        request = self._request_of(one)
        if request is not None and not request.wish.persistent:
            return Refusal(
                "UnsupportedOperation",
                f"You can't stop the Spot Instance '{name}' because it is associated with a one-time Spot "
                "Instance request. You can only stop Spot Instances associated with persistent Spot Instance "
                "requests.",
            )
        self._stop(one, BY_USER, now)
        return None

    def start(self, name: str, now: float) -> Refusal | None:
        """Begin to start a stopped instance, as StartInstances does."""
        self.advance(now)
        one = self.instances[name]
        if one.state in (RUNNING, PENDING):
            return None
        if one.state != STOPPED:
            return _wrong_state(name, "started")
        request = self._request_of(one)
        if request is None:
            self._boot(one, now)
        elif request.code == codes.STOPPED_BY_USER and request.state == DISABLED:
            self._spot.evaluate_again(request, now)
        else:
            # EC2 user guide, "Behavior of Spot Instance interruptions": only EC2 can restart it.
            return Refusal(
                "IncorrectSpotRequestState",
                f"The Spot Instance '{name}' can be started by Amazon EC2 only, when its request can be "
                "fulfilled again.",
            )
        return None

    def terminate(self, name: str, now: float) -> None:
        """Begin to terminate an instance, as TerminateInstances does; twice is once."""
        self.advance(now)
        one = self.instances[name]
        if one.state not in (SHUTTING_DOWN, TERMINATED):
            self._terminate(one, BY_USER, codes.TERMINATED_BY_USER, now)

    def shut_down(self, name: str, now: float) -> None:
        """Let an instance shut itself down: it stops or terminates, as it was launched to."""
        self.advance(now)
        if self.instances[name].state == RUNNING:
            self._end_itself(self.instances[name], now)

    def ready(self, name: str, now: float) -> None:
        """Take note that the program of an instance works; only the first time counts."""
        self.advance(now)
        one = self.instances[name]
        if one.state == RUNNING and one.ready_at is None:
            one.ready_at = now

    def shut_down_at(self, name: str, at: float, now: float) -> None:
        """Let an instance that runs shut itself down at *at*."""
        self.advance(now)
        if self.instances[name].state == RUNNING:
            self.instances[name].ends_at = at

    # -- spot requests -----

    def request(self, wish: Wish, now: float) -> None:
        """Take a spot request; EC2 looks at it a little later."""
        self.advance(now)
        self._spot.add(wish, now)

    def refused(self, wish: Wish, now: float) -> Refusal | None:
        """Return why a spot instance cannot be had at once, as RunInstances says it; None where it can."""
        self.advance(now)
        return self._spot.refused(wish, now)

    def fulfil(self, launch: Launch, now: float) -> None:
        """Give a request (`launch.request`) the instance made for it: after LaunchDue, or at once."""
        wanted = self._spot.fulfilled(self.requests[launch.request], launch.instance, now)
        self._launch(launch, now)
        if not wanted:  # it was cancelled while its instance was made, which goes again
            self._become(
                self.instances[launch.instance],
                SHUTTING_DOWN,
                BY_USER,
                now,
                self.settings.instance_shutdown_s,
            )

    def fail(self, request: str, why: str, now: float) -> None:
        """End a request whose instance cannot be launched, for the parameter that *why* names."""
        self._spot.failed(self.requests[request], why, now)

    def cancel(self, request: str, now: float) -> None:
        """Cancel a request; its instance goes on, but for one that is stopped."""
        self.advance(now)
        one = self.requests[request]
        instance = self.instances.get(one.instance)
        state = "" if instance is None else instance.state
        lives = state in (PENDING, RUNNING, STOPPING)
        over = one.state not in (codes.OPEN, codes.ACTIVE, DISABLED)
        self._spot.cancel(one, lives, state == STOPPED, now)
        if instance is not None and state == STOPPED and not over:
            self._vanish(instance, now)

    # -- interruptions -----

    def plan_interruption(self, plan: InterruptionPlan, now: float) -> None:
        """Take back spot instances as *plan* has it, from *now* on."""
        self.advance(now)
        self._plans.add(plan, now)

    def interrupted(self, key: str) -> int:
        """Return how many instances the plan *key* has taken back."""
        return self._plans.hits(key)

    def _carry_out(self, one: Instance, now: float) -> None:
        plan = self._plans.use(one)
        self._interrupt(one, plan.by_price, plan.rebalance_s, now, planned=True)

    def _interrupt(
        self, one: Instance, by_price: bool, rebalance_s: float, now: float, *, planned: bool = False
    ) -> None:
        action = self.requests[one.launch.request].wish.behaviour
        noticed_at = now + rebalance_s
        # Hibernation begins at once: user guide, "Spot Instance interruption notices".
        gone_at = noticed_at + (0.0 if action == "hibernate" else NOTICE_S)
        one.interruption = Interruption(action, by_price, planned, now, noticed_at, gone_at)
        self._told.append(RebalanceRecommended(now, one.launch.instance))
        if not by_price:
            self._spot.run_short(one.launch.instance_type, gone_at + self.settings.spot_capacity_returns_s)

    def _notice(self, one: Instance, found: Interruption, now: float) -> None:
        one.noticed = True
        self._told.append(InterruptionNoticed(now, one.launch.instance, found.action, found.takes_effect_at))
        self._spot.noticed(self.requests[one.launch.request], found.action, found.by_price, now)

    def _take_back(self, one: Instance, found: Interruption, now: float) -> None:
        if found.action == "terminate":
            code = codes.TERMINATED_BY_PRICE if found.by_price else codes.TERMINATED_NO_CAPACITY
            self._terminate(one, BY_SPOT, code, now)
            return
        self._become(one, STOPPING, STOPPED_BY_SPOT, now, self.settings.instance_stop_s)
        self._spot.taken_to_stop(self.requests[one.launch.request], found.by_price, now)

    # -- time -----

    def next_deadline(self) -> float | None:
        """Return the next moment at which something is due, None while nothing is."""
        return min((at for at, _ in self._dues()), default=None)

    def advance(self, now: float) -> None:
        """Let happen what is due until *now*, each thing at its moment."""
        while (due := min(self._dues(), key=lambda each: each[0], default=None)) is not None:
            at, happen = due
            if at > now:
                return
            happen(at)

    def _dues(self) -> Iterator[Due]:
        """Yield what is due next of each thing."""
        for one in self.instances.values():
            if (at := one.next_at()) is not None:
                yield at, partial(self._move, one)
            if not one.is_spot or one.state != RUNNING or one.interruption is not None:
                continue
            if (at := self._plans.next_at(one)) is not None:
                yield at, partial(self._carry_out, one)
            if (at := self.market.next_change(one.launch.instance_type, one.priced_at)) < math.inf:
                yield at, partial(self._reprice, one)
        for request in self.requests.values():
            if (at := request.next_at()) is not None:
                yield at, partial(self._spot.look_at, request)

    def _reprice(self, one: Instance, now: float) -> None:
        """Let a running spot instance have the price of *now*, or be taken back for it."""
        before = one.usd_per_hour
        self._price(one, now)
        if one.usd_per_hour != before:
            self._told.append(InstanceChanged(now, one.launch.instance, one.state, "", one.usd_per_hour))
        if (
            one.usd_per_hour is not None
            and self.requests[one.launch.request].wish.max_price < one.usd_per_hour
        ):
            self._interrupt(one, True, 0.0, now)

    def _move(self, one: Instance, now: float) -> None:
        """Let an instance do what is due of it."""
        if one.state == RUNNING:
            if one.interruption is None or (one.ends_at is not None and one.ends_at <= now):
                self._end_itself(one, now)
            else:
                act = self._take_back if one.noticed else self._notice
                act(one, one.interruption, now)
        elif one.state == PENDING:
            one.began_at = now
            one.ready_at = None if one.launch.says_ready else now
            one.boots += 1
            if one.boots == 1 and one.launch.ends_after_s is not None:  # user data runs at the first boot
                one.ends_at = now + one.launch.ends_after_s
            self._become(one, RUNNING, "", now)
        elif one.state == STOPPING:
            self._become(one, STOPPED, one.reason, now)
            request = self._request_of(one)
            if request is not None and not self._spot.stopped(request, now):
                self._vanish(one, now)
        else:
            self._become(one, TERMINATED, one.reason, now)

    # -- changes -----

    def _launch(self, launch: Launch, now: float) -> None:
        self.instances[launch.instance] = one = Instance(launch, PENDING, now, None)
        self._boot(one, now)

    def _restart(self, name: str, now: float) -> bool:
        one = self.instances[name]
        if one.state == STOPPED:
            self._boot(one, now)
            return True
        return False

    def _boot(self, one: Instance, now: float) -> None:
        one.interruption, one.noticed, one.launched_at = None, False, now
        self._become(one, PENDING, "", now, self.settings.instance_boot_s)

    def _end_itself(self, one: Instance, now: float) -> None:
        request = self._request_of(one)
        one.ends_at = None
        if one.interruption is not None and one.noticed:
            self._take_back(one, one.interruption, now)
        elif one.launch.on_shutdown == "terminate" or (request is not None and not request.wish.persistent):
            self._terminate(one, BY_ITSELF, codes.TERMINATED_BY_USER, now)
        else:
            self._stop(one, BY_ITSELF, now)

    def _stop(self, one: Instance, reason: str, now: float) -> None:
        self._become(one, STOPPING, reason, now, self.settings.instance_stop_s)
        request = self._request_of(one)
        if request is not None:
            self._spot.stopping(request, now)

    def _terminate(self, one: Instance, reason: str, code: str, now: float) -> None:
        self._become(one, SHUTTING_DOWN, reason, now, self.settings.instance_shutdown_s)
        request = self._request_of(one)
        if request is not None:
            self._spot.gone(request, code, now)

    def _vanish(self, one: Instance, now: float) -> None:
        """Terminate an instance whose request is over already."""
        self._become(one, SHUTTING_DOWN, BY_USER, now, self.settings.instance_shutdown_s)

    def _become(self, one: Instance, state: str, reason: str, now: float, for_s: float | None = None) -> None:
        one.state, one.reason = state, reason
        if state in (STOPPING, SHUTTING_DOWN):
            one.left_at = now
        one.due_at = None if for_s is None else now + for_s
        self._price(one, now)
        self._told.append(InstanceChanged(now, one.launch.instance, state, reason, one.usd_per_hour))

    def _price(self, one: Instance, now: float) -> None:
        kind = one.launch.instance_type
        one.priced_at = now
        one.usd_per_hour = (
            self.market.spot(kind, one.launch.zone, now) if one.is_spot else self.market.on_demand(kind)
        )

    def _request_of(self, one: Instance) -> SpotRequest | None:
        return self.requests.get(one.launch.request)


def _wrong_state(name: str, wanted: str) -> Refusal:
    return Refusal(
        "IncorrectInstanceState",
        f"The instance '{name}' is not in a state from which it can be {wanted}.",
    )
