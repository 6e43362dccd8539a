"""Reserved and provisioned concurrency of functions under a ramp, a spike and bursts: what each is for."""

from harness.scenario import (
    Alias,
    Constant,
    Function,
    Idle,
    OpenModel,
    Payload,
    Ramp,
    Role,
    Scenario,
    Stages,
    cold_starts,
    function_errors,
    peak_concurrency,
    spillover,
    throttled,
)
from scenarios._functions.roles import CODE, LAMBDA, keeps_its_log

# As the pipeline has it: three reserved, which leaves 997 of 1,000 to all others, and three provisioned.
RESERVED = PROVISIONED = 3
# An image is classified in two seconds; a function that loads its model needs three more to begin.
DURATION_S, INIT_S = 2.0, 3.0
RESERVED_LIMIT = "ReservedFunctionConcurrentInvocationLimitExceeded"

RAMP = Stages([Ramp(0.5, 3.0, over_s=240)])
SPIKE = Stages([Constant(1.0, over_s=60), Constant(6.0, over_s=30), Constant(1.0, over_s=60)])
BURSTS = Stages(
    [
        Constant(2.0, over_s=40),
        Idle(over_s=30),
        Constant(5.0, over_s=40),
        Idle(over_s=30),
        Constant(2.0, over_s=40),
    ]
)


def _classifier(name: str, reserved: int, provisioned: int) -> Function:
    role = Role(name, LAMBDA, statements=(keeps_its_log(name),))
    return Function(
        name,
        "answering.handler",
        role,
        CODE,
        reserved=reserved,
        duration=DURATION_S,
        init_time=INIT_S,
        timeout_s=10,
        aliases=(Alias("live", provisioned=provisioned),),
    )


as_it_is = _classifier("reserved-is-provisioned", RESERVED, PROVISIONED)
with_room = _classifier("room-to-spill-over", 2 * RESERVED, PROVISIONED)
on_demand = _classifier("on-demand", 2 * RESERVED, 0)
requests = Payload("image", ['{"url": "https://images.example.com/dogs/{{number}}.jpg"}'], numbered=True)


def load(function: Function, rate: Stages, name: str) -> OpenModel:
    """Return traffic to the alias of *function*."""
    return OpenModel(function.alias("live"), rate=rate, client="lean", payload=requests, name=name)


scenario = Scenario(
    name="lambda-concurrency",
    description=(
        "Three functions meet a ramp, a spike and bursts. Provisioned environments that are all the reserved "
        "ones never start cold and turn the rest away; with room above them, calls spill over and start cold."
    ),
    resources=[as_it_is, with_room, on_demand],
    workload=[
        load(as_it_is, RAMP, "ramp"),
        load(with_room, SPIKE, "spike"),
        load(on_demand, BURSTS, "bursts"),
    ],
    expectations=[
        peak_concurrency(as_it_is).equals(RESERVED, "what is reserved is the most there is"),
        cold_starts(as_it_is).equals(0, "all environments are provisioned"),
        spillover(as_it_is).equals(0, "there is nothing to spill over to"),
        throttled(as_it_is, RESERVED_LIMIT).at_least(1, "the ramp ends above what three can do"),
        peak_concurrency(with_room).equals(2 * RESERVED, "what is reserved is the most there is"),
        spillover(with_room).at_least(1, "a spike is more than the provisioned ones can do"),
        cold_starts(with_room).equals(RESERVED, "one for each environment above the provisioned ones"),
        throttled(with_room, RESERVED_LIMIT).at_least(1, "the spike is more than is reserved"),
        peak_concurrency(on_demand).equals(2 * RESERVED, "what is reserved is the most there is"),
        cold_starts(on_demand).equals(2 * RESERVED, "one for each environment, kept between the bursts"),
        throttled(on_demand, RESERVED_LIMIT).at_least(1, "five a second are more than six can do"),
        *(function_errors(each).equals(0, "what runs, answers") for each in (as_it_is, with_room, on_demand)),
    ],
    clock="compressed:12",
)
