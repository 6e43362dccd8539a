"""What a rehearsal breaks on purpose: one fault one file, each a plain value, by share and by time window.

`calls`, `deliveries` and `moments` decide what the declared ones hit; who acts on it is in `harness.gateway`
and `harness.run`.
"""

from harness.scenario.faults.clock_skew import ClockSkew
from harness.scenario.faults.connection_reset import ConnectionReset
from harness.scenario.faults.delayed_delivery import DelayedDelivery
from harness.scenario.faults.duplicated_delivery import DuplicatedDelivery
from harness.scenario.faults.frozen_consumer import FrozenConsumer
from harness.scenario.faults.killed_consumer import KilledConsumer
from harness.scenario.faults.killed_function import KilledFunction
from harness.scenario.faults.latency import Latency
from harness.scenario.faults.moments import Fault
from harness.scenario.faults.out_of_order_delivery import OutOfOrderDelivery
from harness.scenario.faults.server_error import ServerError
from harness.scenario.faults.spot_interruption import SpotInterruption
from harness.scenario.faults.throttle import Throttle
from harness.scenario.faults.zone_failure import ZONES, ZoneFailure

__all__ = [
    "ZONES",
    "ClockSkew",
    "ConnectionReset",
    "DelayedDelivery",
    "DuplicatedDelivery",
    "Fault",
    "FrozenConsumer",
    "KilledConsumer",
    "KilledFunction",
    "Latency",
    "OutOfOrderDelivery",
    "ServerError",
    "SpotInterruption",
    "Throttle",
    "ZoneFailure",
]
