"""Questions about instances of EC2 and spot requests: what came of them, and how long they were billed."""

from harness.compute.billing import billed
from harness.compute.instances import BY_SPOT, RUNNING, STOPPED_BY_SPOT
from harness.journal import ComputeChanged, SpotRequestChanged
from harness.scenario.expectations.expectation import Expectation, Measured, Question, Records, of_kind

NEEDS = "instances of EC2"


def instances(state: str = RUNNING, instance_type: str = "") -> Question:
    """Ask how many instances were in *state* at some time; only those of *instance_type*, where said."""

    def measure(records: Records) -> Measured:
        changes = of_kind(records, ComputeChanged)
        if not changes:
            return None, "No instance was launched"
        found = {
            one.instance for one in changes if one.state == state and instance_type in ("", one.instance_type)
        }
        return float(len(found)), f"instances that were {state} at some time"

    of = f" {instance_type}" if instance_type else ""
    return Expectation(f"instances{of}: {state}", measure, "instances", needs=NEEDS)


def interrupted() -> Question:
    """Ask how many times EC2 took a spot instance back."""

    def measure(records: Records) -> Measured:
        spot = of_kind(records, ComputeChanged, lifecycle="spot")
        if not spot:
            return None, "No spot instance was launched"
        found = {
            (one.instance, one.at)
            for one in spot
            if one.reason in (BY_SPOT, STOPPED_BY_SPOT) and one.state in ("shutting-down", "stopping")
        }
        return float(len(found)), f"of {len({one.instance for one in spot})} spot instances"

    return Expectation("spot instances: interrupted", measure, "interruptions", needs=NEEDS)


def spot_requests(code: str) -> Question:
    """Ask how many spot requests had the status *code* at some time, as "fulfilled" or "price-too-low"."""

    def measure(records: Records) -> Measured:
        changes = of_kind(records, SpotRequestChanged)
        if not changes:
            return None, "No spot instance was requested"
        found = {one.request for one in changes if one.code == code}
        seen = ", ".join(dict.fromkeys(one.code for one in changes))
        return float(len(found)), f"of the codes that were seen: {seen}"

    return Expectation(f"spot requests: {code}", measure, "requests", needs=NEEDS)


def billed_seconds(instance_type: str = "") -> Question:
    """Ask for how many seconds instances are billed: while they run, a minute at least."""

    def measure(records: Records) -> Measured:
        changes = of_kind(records, ComputeChanged)
        until = max((one.at for one in changes), default=0.0)
        found = [one for one in billed(changes, until) if instance_type in ("", one.instance_type)]
        if not found:
            return None, "No instance ran"
        free = sum(one.free for one in found)
        said = f"{len(found)} times that an instance ran, {free} of them free: EC2 took it within an hour"
        return sum(one.billed_s for one in found), said

    of = f" {instance_type}" if instance_type else ""
    return Expectation(f"instances{of}: billed", measure, "s", needs=NEEDS)
