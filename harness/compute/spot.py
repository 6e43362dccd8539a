"""The spot requests of an account: evaluated, held, fulfilled and ended.

EC2 user guide, "State changes for a Spot request" and "Behavior of Spot Instance interruptions".
"""

import math
from collections.abc import Callable

from harness.compute import requests as codes
from harness.compute.events import Event, LaunchDue, RequestChanged
from harness.compute.market import Market
from harness.compute.requests import ACTIVE, CANCELLED, CLOSED, DISABLED, FAILED, OPEN, SpotRequest, Wish
from harness.compute.settings import ComputeSettings
from harness.refusal import Refusal


class SpotRequests:
    """All requests by their ids. *tell* takes events; *restart* boots the stopped instance of a request, and
    says False where it has none."""

    def __init__(
        self,
        market: Market,
        settings: ComputeSettings,
        tell: Callable[[Event], None],
        restart: Callable[[str, float], bool],
    ) -> None:
        self.by_id: dict[str, SpotRequest] = {}
        self._market = market
        self._settings = settings
        self._tell = tell
        self._restart = restart
        self._short_until: dict[str, float] = {}  # by instance type: nothing is to be had before that

    def add(self, wish: Wish, now: float) -> None:
        """Take a request; EC2 looks at it a little later."""
        self.by_id[wish.request] = one = SpotRequest(wish, now, now + self._settings.spot_evaluation_s)
        self.mark(one, OPEN, codes.EVALUATION, now)

    def run_short(self, instance_type: str, until: float) -> None:
        """Let nothing of *instance_type* be to be had until *until*."""
        self._short_until[instance_type] = max(until, self._short_until.get(instance_type, until))

    def refused(self, wish: Wish, now: float) -> Refusal | None:
        """Return why a spot instance cannot be had at once, as RunInstances says it; None where it can."""
        price = self._market.spot(wish.instance_type, wish.zone, now)
        if price is not None and wish.max_price < price:
            return Refusal("SpotMaxPriceTooLow", codes.price_too_low(wish.max_price, price))
        if self._short_until.get(wish.instance_type, -math.inf) > now:
            return Refusal("InsufficientInstanceCapacity", codes.MESSAGES[codes.NO_CAPACITY])
        return None

    def look_at(self, one: SpotRequest, now: float) -> None:
        """Do with a request what is due of it."""
        if one.state == OPEN and now >= one.wish.valid_until:
            self.mark(one, CANCELLED, codes.EXPIRED, now)
        elif one.code == codes.FULFILMENT:
            self._provide(one, now)
        else:
            self._evaluate(one, now)

    def _evaluate(self, one: SpotRequest, now: float) -> None:
        wish = one.wish
        one.price = self._market.spot(wish.instance_type, wish.zone, now)
        short_until = self._short_until.get(wish.instance_type, -math.inf)
        if now < wish.valid_from:
            code, due_at = codes.NOT_YET, wish.valid_from
        elif one.price is not None and wish.max_price < one.price:
            code, due_at = codes.PRICE_TOO_LOW, self._market.next_change(wish.instance_type, now)
        elif short_until > now:
            code, due_at = codes.NO_CAPACITY, short_until
        else:
            code, due_at = codes.FULFILMENT, now + self._settings.spot_fulfilment_s
        one.due_at = None if due_at == math.inf else due_at
        # An instance that was stopped waits as "disabled" for what stopped it to pass.
        waits = one.state == DISABLED and code in codes.HELD
        if code != one.code and not waits:
            self.mark(one, OPEN, code, now)

    def _provide(self, one: SpotRequest, now: float) -> None:
        """Have its instance made, or start the one that it has and that was stopped."""
        one.due_at = None
        if one.instance and self._restart(one.instance, now):
            self.mark(one, ACTIVE, codes.FULFILLED, now)
            return
        one.launching, one.instance = True, ""
        self._tell(LaunchDue(now, one.wish.request))

    def fulfilled(self, one: SpotRequest, instance: str, now: float) -> bool:
        """Take note of the instance made for a request; False where nobody wants it any more."""
        one.launching = False
        if one.state != OPEN:
            return False
        one.instance = instance
        self.mark(one, ACTIVE, codes.FULFILLED, now)
        return True

    def failed(self, one: SpotRequest, why: str, now: float) -> None:
        """End a request whose instance cannot be launched, for the parameter that *why* names."""
        one.launching, one.said = False, why
        if one.state == OPEN:
            self.mark(one, FAILED, codes.BAD_PARAMETERS, now)

    def cancel(self, one: SpotRequest, instance_lives: bool, instance_stopped: bool, now: float) -> None:
        """Cancel a request that is not over; its instance goes on, but for one that is stopped."""
        if one.state not in (OPEN, ACTIVE, DISABLED):
            return
        if instance_stopped:
            self.mark(one, CANCELLED, codes.TERMINATED_BY_USER, now)
        elif instance_lives:
            self.mark(one, CANCELLED, codes.CANCELLED_RUNNING, now)
        else:
            self.mark(one, CANCELLED, codes.CANCELLED_BEFORE, now)

    def noticed(self, one: SpotRequest, action: str, by_price: bool, now: float) -> None:
        """Mark a request whose instance EC2 is about to take back."""
        if one.state != ACTIVE:  # cancelled, its instance left running
            return
        if action != "terminate":
            self.mark(one, ACTIVE, codes.MARKED_FOR_STOP, now)
        elif by_price:
            self.mark(one, ACTIVE, codes.MARKED_FOR_TERMINATION, now)
        else:
            # At once, while the instance runs for its two minutes: the note below "Fulfilled-terminal".
            self.mark(one, OPEN if one.wish.persistent else CLOSED, codes.TERMINATED_NO_CAPACITY, now)

    def gone(self, one: SpotRequest, code: str, now: float) -> None:
        """Close a request whose instance terminates; a persistent one is evaluated again."""
        if one.state in (ACTIVE, DISABLED):
            self.mark(one, CLOSED, code, now)
        elif one.state != OPEN:
            return
        if one.wish.persistent:
            self.evaluate_again(one, now)

    def stopping(self, one: SpotRequest, now: float) -> None:
        """Mark a request whose instance its user, or the instance itself, stops."""
        if one.state == ACTIVE:
            self.mark(one, ACTIVE, codes.MARKED_FOR_STOP, now)

    def taken_to_stop(self, one: SpotRequest, by_price: bool, now: float) -> None:
        """Disable a request whose instance EC2 stops; EC2 starts it again when it can."""
        if one.state == ACTIVE:
            self.mark(one, DISABLED, codes.STOPPED_BY_PRICE if by_price else codes.STOPPED_NO_CAPACITY, now)
            one.due_at = now + self._settings.instance_stop_s + self._settings.spot_evaluation_s

    def stopped(self, one: SpotRequest, now: float) -> bool:
        """Take note that the instance of a request has stopped; False where it is to go with its request."""
        if one.code == codes.MARKED_FOR_STOP and one.state == ACTIVE:
            self.mark(one, DISABLED, codes.STOPPED_BY_USER, now)
        return one.state != CANCELLED

    def evaluate_again(self, one: SpotRequest, now: float) -> None:
        """Let EC2 look at a request as at a new one."""
        self.mark(one, OPEN, codes.EVALUATION, now)
        one.due_at = now + self._settings.spot_evaluation_s

    def mark(self, one: SpotRequest, state: str, code: str, now: float) -> None:
        """Let a request have *state* and *code*, and tell it."""
        one.state, one.code, one.changed_at = state, code, now
        if state != OPEN:
            one.due_at = None
        self._tell(RequestChanged(now, one.wish.request, state, code, one.instance))
