"""Five endpoints under five shapes of traffic, for one run over HTTP that is held against virtual time.

The model echoes and every launch takes the same time, so that only the traffic and the rules decide.
"""

from typing import Any

from harness.endpoint.distributions import Constant as Always
from harness.scenario import (
    Constant,
    Endpoint,
    Model,
    OpenModel,
    Payload,
    Ramp,
    Role,
    Scenario,
    Stages,
    TargetTracking,
    error_ratio,
)
from harness.scenario.rates import Rate

SETTINGS = {
    "launch_time": Always(140.0),
    "join_stagger": Always(15.0),
    "settle_s": 10.0,
    "scale_in_s": 30.0,
    "update_s": 5.0,
    "delete_s": 1.0,
}
LENGTH_S = 3_000
SHAPES: dict[str, tuple[Rate, int]] = {
    "step": (Stages([Constant(0.4, 300), Constant(2.0, 1_200), Constant(0.15, 1_500)]), 1),
    "ramp": (Stages([Ramp(0.2, 3.0, 1_800), Constant(0.2, 1_200)]), 1),
    "spike": (Stages([Constant(0.5, 600), Constant(3.3, 300), Constant(0.5, 2_100)]), 1),
    "waves": (Stages([Ramp(0.3, 2.6, 600), Ramp(2.6, 0.3, 900)] * 2), 1),
    # 48 calls a minute on each of four: neither alarm's side, whatever the minutes before the load have been.
    "fall": (Stages([Constant(3.2, 480), Constant(0.3, 2_520)]), 4),
}
TARGET, MOST = 50.0, 6


def build(context: Any) -> bytes:
    """Return an artefact that nobody opens: the model echoes."""
    return b"echo"


MODEL = Model("echo-model", build=build, role=Role("echo-role"), environment={"HARNESS_MODEL": "echo"})
ROWS = Payload("rows", ["1,2,3"])
POLICY = TargetTracking(TARGET, 1, MOST, scale_in_cooldown_s=120, scale_out_cooldown_s=60)
ENDPOINTS = {
    shape: Endpoint(
        shape, MODEL, initial_instance_count=count, service_time_s=0.05, queue_limit=100, scaling=POLICY
    )
    for shape, (_, count) in SHAPES.items()
}

scenario = Scenario(
    name="five-shapes",
    description="Five endpoints, each under its own shape of traffic.",
    resources=list(ENDPOINTS.values()),
    workload=[
        OpenModel(ENDPOINTS[shape], rate, client="lean", arrivals="uniform", payload=ROWS)
        for shape, (rate, _) in SHAPES.items()
    ],
    expectations=[error_ratio(each).at_most(0.0, "half load") for each in ENDPOINTS.values()],
    clock="compressed:60",
    settings=SETTINGS,
)
