"""The figures of the model of EC2: those that AWS documents, and those that it does not say."""

import math
from dataclasses import dataclass, fields

from harness.errors import ScenarioError

# EC2 user guide, "Spot Instance interruption notices": two minutes before it stops or terminates.
NOTICE_S = 120.0


@dataclass(frozen=True, slots=True)
class ComputeSettings:
    """Seconds, and shares of the on-demand price. AWS documents none of these figures but as said.

    `instance_boot_s`: from pending to running. `instance_stop_s`, `instance_shutdown_s`: in stopping and in
    shutting-down. `spot_evaluation_s`, `spot_fulfilment_s`: a request in pending-evaluation and in
    pending-fulfillment. `spot_price_share`: the spot price around which its path moves, by at most
    `spot_price_spread` of itself, every `spot_price_every_s` (AWS: discounts of up to 90 %, prices that
    "adjust gradually"). `spot_capacity_returns_s`: for how long nothing of an instance type is to be had
    after EC2 took one back.
    """

    instance_boot_s: float = 30.0
    instance_stop_s: float = 20.0
    instance_shutdown_s: float = 20.0
    spot_evaluation_s: float = 2.0
    spot_fulfilment_s: float = 3.0
    spot_price_share: float = 0.35
    spot_price_spread: float = 0.1
    spot_price_every_s: float = 3_600.0
    spot_capacity_returns_s: float = 60.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ScenarioError(f"settings: {field.name} is {value!r}; give a number")
            if not 0.0 <= value < math.inf:
                raise ScenarioError(f"settings: {field.name} is {value:g}; it must be finite and 0 or more")
        if self.spot_price_every_s == 0.0 or self.spot_price_share == 0.0:
            raise ScenarioError("settings: spot_price_every_s and spot_price_share must be above 0")
        if self.spot_price_spread >= 1.0:
            raise ScenarioError(
                f"settings: spot_price_spread is {self.spot_price_spread:g}; it must be less than 1"
            )
