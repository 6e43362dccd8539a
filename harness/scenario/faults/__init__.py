"""What a rehearsal breaks on purpose: one fault one file, each a plain value, by share and by time window."""

from harness.scenario.faults.zone_failure import ZONES, ZoneFailure

__all__ = ["ZONES", "Fault", "ZoneFailure"]

Fault = ZoneFailure
