"""EC2 as a scenario declares it: what images run, and what the spot market asks for instance types."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import ScenarioError
from harness.scenario.checks import check_positive

# EC2 gives ids of 8 hexadecimal digits in old accounts, 17 today.
_AMI = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")
_TYPE = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class MachineImage:
    """An AMI, by its `id`, and the `program` that instances of it run at every boot.

    `program(machine)` is a function at the top level of a file, run in a process of its own for as long as
    the instance runs; `machine` is a `harness.machine.Machine`. User data is never executed: of it is read
    only whether and when the instance shuts itself down.

    `seconds` is what the program takes, model seconds from the boot on, however soon its process ends here;
    without it, what it takes on this machine.
    """

    id: str
    program: Callable[[Any], Any]
    seconds: float | None = None

    def __post_init__(self) -> None:
        who = f"MachineImage {self.id!r}"
        if not _AMI.fullmatch(self.id):
            raise ScenarioError(f"{who}: that is no id; write ami- and 8 or 17 hexadecimal digits")
        if not callable(self.program):
            kind = type(self.program).__name__
            raise ScenarioError(f"{who}: program is of type {kind}; give a function that takes a machine")
        if self.seconds is not None:
            check_positive(f"{who}: seconds", self.seconds)

    @property
    def name(self) -> str:
        """Its id, by which everything names it."""
        return self.id

    def arn(self, region: str, account: str) -> str:
        """Return its ARN: that of an image names no account."""
        return f"arn:aws:ec2:{region}::image/{self.id}"


@dataclass(frozen=True, slots=True)
class SpotMarket:
    """The spot price of an instance type, USD an hour: one figure, or steps of (from this second on, price).

    Without one it moves around a share of the on-demand price (setting `spot_price_share`). Seconds are those
    of the run.
    """

    instance_type: str
    usd_per_hour: "float | Sequence[tuple[float, float]]"

    def __post_init__(self) -> None:
        who = f"SpotMarket of {self.instance_type!r}"
        if not _TYPE.fullmatch(self.instance_type):
            raise ScenarioError(f"{who}: that is no instance type; write it as 't2.xlarge'")
        if not isinstance(self.usd_per_hour, int | float):
            object.__setattr__(self, "usd_per_hour", tuple(tuple(step) for step in self.usd_per_hour))
        if not self.steps:
            raise ScenarioError(f"{who}: usd_per_hour has no step; give a price, or (second, price) pairs")
        moments = [at for at, _ in self.steps]
        if moments != sorted(set(moments)):
            raise ScenarioError(f"{who}: the seconds of usd_per_hour must rise from step to step")
        for _, price in self.steps:
            check_positive(f"{who}: usd_per_hour", price)

    @property
    def steps(self) -> tuple[tuple[float, float], ...]:
        """The price from each moment on."""
        if isinstance(self.usd_per_hour, int | float):
            return ((0.0, float(self.usd_per_hour)),)
        return tuple((float(at), float(price)) for at, price in self.usd_per_hour)
