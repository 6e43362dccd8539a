"""Small cases to simulate: one endpoint, one policy, counts per minute."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.endpoint.distributions import Constant
from harness.inputs.policy_files import PolicySet
from harness.inputs.traffic import Traffic
from harness.scaling.policies import CONCURRENT_PER_MODEL, ScalableTarget, TargetTracking
from harness.whatif.case import Case
from harness.whatif.from_policy import Asked, Instance, case_of, instance_of
from harness.whatif.options import Assumptions, Container, assumptions

RESOURCE = "endpoint/ranker/variant/AllTraffic"
STEP_UP = [60] * 5 + [360] * 15
"""Five quiet minutes, then six times as many: at a target of 100 from 1 instance to 4."""


def policy_set(policy: TargetTracking | None = None, **bounds: int) -> PolicySet:
    """Return one target tracking policy on invocations, 100 a minute and instance."""
    limits = {"min_capacity": 1, "max_capacity": 8} | bounds
    return PolicySet(
        target=ScalableTarget(RESOURCE, **limits),
        policies=(policy or TargetTracking("track", 100.0),),
        alarms=(),
        scheduled_actions=(),
        instance_type=None,
        initial_count=None,
        endpoint="ranker",
        variant="AllTraffic",
    )


def instance(service_time_s: float = 0.05) -> Instance:
    """Return an instance with two slots."""
    container = Container(service_time=Constant(service_time_s), concurrency=2)
    return instance_of(container, None, (), None)


def case(
    counts: Sequence[int] = STEP_UP,
    *,
    policies: PolicySet | None = None,
    assumed: Assumptions | None = None,
    initial: int = 1,
    **asked: Any,
) -> Case:
    """Return the case of *counts* a minute; launches take 240 s unless *assumed* says otherwise."""
    return case_of(
        policies or policy_set(),
        Traffic("counts", counts=np.array(counts, dtype=np.int64)),
        assumed or assumptions(launch="240"),
        instance(),
        Asked(initial=initial, arrivals="uniform", **asked),
        name="small",
    )


def waiting_case() -> Case:
    """Return a case whose policy reads how many requests an instance holds, every 10 s."""
    return case([600] * 4, policies=policy_set(TargetTracking("held", 0.2, CONCURRENT_PER_MODEL)))
