"""A scenario that takes seconds: an echoing endpoint and a little traffic, as TINY in the environment says.

The tests run it by its path with the real command.
"""

import os
import time
from dataclasses import replace
from typing import Any

from harness.endpoint.distributions import Constant as Always
from harness.scenario import (
    Constant,
    Endpoint,
    Model,
    OpenModel,
    Payload,
    Program,
    Role,
    Scenario,
    Settle,
    TargetTracking,
    error_ratio,
    final_in_service,
    result,
)


def build(context: Any) -> bytes:
    """Return an artefact that nobody opens: the model echoes."""
    return b"echo"


def sleep_long(context: Any) -> Any:
    """Take longer than any test waits."""
    time.sleep(600)
    return b""


MODEL = Model("echo-model", build=build, role=Role("echo-role"), environment={"HARNESS_MODEL": "echo"})
ECHO = Endpoint(
    "echo",
    MODEL,
    service_time_s=0.05,
    scaling=TargetTracking(target_value=600, min_capacity=1, max_capacity=4),
)
ROWS = Payload("rows", ["1,2,3", "4,5,6"])
QUICK = {"launch_time": Always(20.0), "settle_s": 1.0, "delete_s": 1.0, "scale_in_s": 1.0}


def load(over_s: float) -> list[OpenModel]:
    """Return two requests a model second for *over_s*."""
    return [OpenModel(ECHO, Constant(2.0, over_s), client="lean", payload=ROWS)]


def invoke(context: Any) -> dict[str, Any]:
    """Send a line through boto3 and return how long the answer was."""
    runtime = context.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName="echo", ContentType="text/csv", Body="7,8,9")
    return {"bytes": len(answer["Body"].read())}


def raises(context: Any) -> dict[str, Any]:
    """Fail as a worker with a mistake in it does."""
    raise RuntimeError("the queue is gone")


def returns_nothing(context: Any) -> None:
    """Return nothing, which is allowed."""


quick = Scenario(
    name="tiny",
    description="An echo under a minute of traffic.",
    resources=[ECHO],
    workload=load(60),
    programs=[Program("invoke", invoke)],
    expectations=[
        error_ratio(ECHO).at_most(0.0, "nothing is lost"),
        result("invoke", "bytes").equals(5, "what was sent"),
    ],
    clock="compressed:240",
    settings=QUICK,
)
programs = replace(
    quick,
    workload=[],
    programs=[
        Program("raises", raises),
        Program("returns-nothing", returns_nothing),
        Program("hangs", sleep_long, at_most_real_s=0.5),
    ],
    expectations=[
        error_ratio(ECHO).at_most(1.0, "whatever happens, but there is no load"),
        result("raises", "rows").at_least(0),
        result("returns-nothing", "rows").at_least(0),
        final_in_service(ECHO).equals(1),
    ],
)
CASES = {
    "quick": quick,
    "programs": programs,
    "train": replace(quick, resources=[replace(ECHO, model=replace(MODEL, build=sleep_long))], workload=[]),
    "deploy": replace(quick, settings=QUICK | {"launch_time": Always(100_000.0)}),
    "load": replace(quick, workload=load(20_000)),
    # Four instances without traffic need more than an hour to get back to one.
    "settle": replace(
        quick,
        resources=[replace(ECHO, initial_instance_count=4)],
        workload=load(1),
        settle=Settle(at_most_s=20_000),
    ),
}
scenario = CASES[os.environ.get("TINY", "quick")]
