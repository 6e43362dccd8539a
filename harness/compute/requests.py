"""One spot request: what it asks for, its state and the status code that says why.

EC2 user guide, "State changes for a Spot request" and "Spot request status codes".
"""

import math
from dataclasses import dataclass

from harness.compute.instances import Behaviour

OPEN, ACTIVE, DISABLED = "open", "active", "disabled"
CLOSED, CANCELLED, FAILED = "closed", "cancelled", "failed"

EVALUATION, FULFILMENT, FULFILLED = "pending-evaluation", "pending-fulfillment", "fulfilled"
NOT_YET, EXPIRED = "not-scheduled-yet", "schedule-expired"
PRICE_TOO_LOW, NO_CAPACITY = "price-too-low", "capacity-not-available"
CANCELLED_BEFORE, CANCELLED_RUNNING = "canceled-before-fulfillment", "request-canceled-and-instance-running"
MARKED_FOR_TERMINATION, MARKED_FOR_STOP = "marked-for-termination", "marked-for-stop"
TERMINATED_BY_USER, STOPPED_BY_USER = "instance-terminated-by-user", "instance-stopped-by-user"
TERMINATED_BY_PRICE, STOPPED_BY_PRICE = "instance-terminated-by-price", "instance-stopped-by-price"
TERMINATED_NO_CAPACITY = "instance-terminated-no-capacity"
STOPPED_NO_CAPACITY = "instance-stopped-no-capacity"
BAD_PARAMETERS = "bad-parameters"
HELD = frozenset({PRICE_TOO_LOW, NO_CAPACITY, NOT_YET})

MESSAGES = {
    EVALUATION: "Your Spot request has been submitted for review, and is pending evaluation.",
    FULFILMENT: "Your Spot request is pending fulfillment.",
    FULFILLED: "Your Spot request is fulfilled.",
    NOT_YET: "Your Spot request will not be evaluated until its scheduled date.",
    EXPIRED: "Your Spot request expired before it was fulfilled.",
    NO_CAPACITY: "There is no Spot capacity available that matches your request.",
    CANCELLED_BEFORE: "Your Spot request is canceled before fulfillment.",
    CANCELLED_RUNNING: "Your Spot request is canceled, but your instance is still running.",
    MARKED_FOR_TERMINATION: "Your Spot Instance is marked for termination.",
    MARKED_FOR_STOP: "Your Spot Instance is marked for stop.",
    TERMINATED_BY_USER: "Spot Instance terminated due to user-initiated termination.",
    STOPPED_BY_USER: "Spot Instance stopped due to user-initiated stop.",
    TERMINATED_BY_PRICE: "Your Spot Instance was terminated because your Spot request price was lower than "
    "the required Spot request fulfillment price.",
    STOPPED_BY_PRICE: "Your Spot Instance was stopped because your Spot request price was lower than the "
    "required Spot request fulfillment price.",
    TERMINATED_NO_CAPACITY: "Your Spot Instance was terminated because there is no Spot capacity available.",
    STOPPED_NO_CAPACITY: "Your Spot Instance was stopped because there is no Spot capacity available.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for: at most `max_price` USD an hour, from `valid_from` to `valid_until`.

    `instance_type`, `zone` and `image` are those of its launch specification.
    """

    request: str
    instance_type: str
    zone: str
    image: str = ""
    max_price: float = math.inf
    persistent: bool = False
    behaviour: Behaviour = "terminate"
    valid_from: float = -math.inf
    valid_until: float = math.inf


@dataclass(slots=True, eq=False)
class SpotRequest:
    """A request as it is now. `due_at` is when EC2 looks at it again."""

    wish: Wish
    created_at: float
    due_at: float | None
    state: str = OPEN
    code: str = EVALUATION
    changed_at: float = 0.0
    instance: str = ""
    launching: bool = False  # its instance is being made
    said: str = ""  # of a parameter that is bad
    price: float | None = None  # the spot price when it was last evaluated

    @property
    def message(self) -> str:
        """The sentence that goes with the code."""
        if self.code == PRICE_TOO_LOW:
            return price_too_low(self.wish.max_price, self.price)
        return self.said or MESSAGES[self.code]

    def next_at(self) -> float | None:
        """Return when EC2 does something with it, None for never."""
        moments = [self.due_at] if not self.launching else []
        if self.state == OPEN and math.isfinite(self.wish.valid_until):
            moments.append(self.wish.valid_until)
        return min((moment for moment in moments if moment is not None), default=None)


def price_too_low(offered: float, price: float | None) -> str:
    """Return how EC2 says that *offered* is less than the spot *price*."""
    return (
        f"Your Spot request price of {offered:g} is lower than the minimum required Spot request fulfillment "
        f"price of {0.0 if price is None else price:g}."
    )
