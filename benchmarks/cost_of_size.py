"""How the cost grows with requests, instances, roles and statements: linearly, over three decades of each.

    python -m benchmarks.cost_of_size [--json] [--quick]

Each point is the CPU time of this process, the least of the repeats, which is what other programs disturb
least. The exponent is the larger of two: the slope of all points' logarithms, and that of the last decade
alone, where what grows faster than linearly shows first. At most 1.2 is taken for linear: n log n
is 1.15 at these sizes, and what no longer fits into a cache costs more. `--quick` takes a tenth of each size.
"""

import argparse
import gc
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.iam import ACCOUNT, narrow_policy, narrow_requests
from benchmarks.results import Curve, Gain, Report, curve_of, main
from harness import journal
from harness.endpoint import Constant, EndpointConfig, EndpointSettings, VariantSpec
from harness.endpoint.world import World
from harness.iam import DecisionCache, Kind, PolicySet, Principal, Request, authorize, parse
from harness.iam.least_privilege import Use
from harness.iam.least_privilege.smallest import smallest_for
from harness.summary import summarise

EXPONENT = 1.2
DECADES = (1, 10, 100, 1_000)
FASTER = (
    Gain(
        "CreateEndpoint with 1,000 instances, until all are in service",
        "0.55 s, exponent 1.52",
        "0.11 s, exponent 0.95",
        "a fleet counts its instances by zone as they come and go; each that joined counted all the others, "
        "and a scale-in looked for each that leaves among all",
    ),
    Gain(
        "the smallest policy for 1,000 uses of a role",
        "0.035 s, exponent 1.42",
        "0.013 s, exponent 0.98",
        "the grants with wildcards are looked for and compiled once, not once for each grant",
    ),
)
Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Size:
    """One curve: `prepared(n)` returns the work of size n; sizes are DECADES times `least`."""

    name: str
    what: str
    unit: str
    least: int
    prepared: Callable[[int], Work]


def measure(options: argparse.Namespace) -> Report:
    """Return one curve for each kind of size."""
    share, repeats = (0.1, 1) if options.quick else (1.0, 3)
    curves = tuple(_curve(size, share, repeats) for size in SIZES)
    return Report("cost_of_size", (), curves, faster=FASTER)


def _curve(size: Size, share: float, repeats: int) -> Curve:
    sizes = [max(1, round(size.least * share)) * decade for decade in DECADES]
    size.prepared(sizes[0])()  # what is made once is made
    points = [(float(count), _least_s(size.prepared, count, repeats)) for count in sizes]
    fitted = curve_of(size.name, size.what, (size.unit, "CPU seconds"), points, exponent_at_most=EXPONENT)
    (x0, y0), (x1, y1) = points[-2:]
    last = math.log10(y1 / y0) / math.log10(x1 / x0)
    exponent = round(max(fitted.exponent or 0.0, last), 3)
    return Curve(fitted.name, fitted.what, fitted.x, fitted.y, fitted.points, exponent, EXPONENT)


def _least_s(prepared: Callable[[int], Work], count: int, repeats: int) -> float:
    """Return the CPU seconds of the work, the least of *repeats*; short work is repeated in each."""
    found = math.inf
    for _ in range(repeats):
        spent, rounds = 0.0, 0
        while spent < 0.02:
            work = prepared(count)
            gc.collect()
            began = time.process_time()
            work()
            spent += time.process_time() - began
            rounds += 1
        found = min(found, spent / rounds)
    return found


# ---- requests ----


def _world(instances: int, *, adopted: bool = True) -> World:
    """Return a world with one endpoint of *instances* in service."""
    kind = "ml.m5.large"
    settings = EndpointSettings(quotas={kind: instances})
    world = World(seed=1, endpoint_settings=settings)
    spec = VariantSpec("AllTraffic", kind, instances, service_time=Constant(0.02), concurrency=2)
    add = world.adopt_endpoint if adopted else world.create_endpoint
    refusal = add("ranker", EndpointConfig("first", (spec,)), 0.0)
    assert refusal is None, refusal
    return world


def _served(world: World, requests: int, rate: float) -> None:
    for number in range(requests):
        world.arrive("ranker", number, number / rate)
        if number % 16 == 0:
            world.advance(number / rate)
    world.advance(requests / rate + 60.0)


def _requests(count: int) -> Work:
    world = _world(4)
    return lambda: _served(world, count, 200.0)


def _summaries(count: int) -> Work:
    records = [_STARTED, *(each for number in range(count) for each in _request(number))]
    return lambda: summarise(records)


_STARTED = journal.RunStarted(
    at=0.0,
    scenario="size",
    variant="corrected",
    description="",
    clock="wall",
    seed=1,
    started_epoch_s=0.0,
    backend="none",
    emulators={},
    versions={},
    command="",
    configuration={},
)


def _request(number: int) -> tuple[Any, Any]:
    at, who = number / 100.0, ("ranker", "AllTraffic", f"AllTraffic-0-{number % 8}")
    exchange = journal.Exchange(
        at, "sagemaker", "InvokeEndpoint", 200, "", 0.0002, 657, 403, "", "test", *who, 0.0, 0.02, 1, 1e-5
    )
    asked = journal.LoadRequest(at, "ranker", "ok", 200, at, at + 0.02, 0.001, 0.0, 0.02, 0.0002)
    return exchange, asked


# ---- instances ----


def _instances(count: int) -> Work:
    """Ten seconds of model time with two requests a second for each instance, samples included."""
    world = _world(count)
    return lambda: _served(world, 20 * count, 2.0 * count)


def _launches(count: int) -> Work:
    def launched() -> None:
        world = _world(count, adopted=False)
        world.advance(3_600.0)
        view = world.endpoints["ranker"].view()
        assert view.variants[0].current_count == count

    return launched


# ---- roles ----


def _roles(count: int) -> Work:
    """Ten calls of each of *count* roles with five statements, decided and remembered."""
    policy = narrow_policy()

    def decided() -> None:
        for number in range(count):
            held, cache = PolicySet((policy,)), DecisionCache()
            for request in _of_role(number):
                cache.authorize(held, request)

    return decided


def _role(number: int) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/worker-{number}"


def _of_role(number: int) -> list[Request]:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker-{number}/x"
    who = Principal("aws", session, ACCOUNT, _role(number))
    return [Request.of(who, one.action, one.resource, {}) for one in narrow_requests()[:10]]


def _role_accounts(count: int) -> Work:
    """The summary of a run in which each of *count* roles made ten calls."""
    records = [_STARTED, *(each for number in range(count) for each in _uses_of(number))]
    return lambda: summarise(records)


def _uses_of(number: int) -> list[Any]:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
    }
    held = [{"name": "inline", "kind": "inline", "document": document}]
    uses = [
        journal.PermissionUsed(
            at=1.0,
            principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/worker-{number}/x",
            role=_role(number),
            call="sqs:SendMessage",
            action="sqs:SendMessage",
            resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue-{queue}",
            verdict="Allowed",
        )
        for queue in range(10)
    ]
    return [*uses, journal.RolePolicies(9.0, _role(number), held)]


# ---- statements ----


def _statements(count: int) -> Work:
    """A policy of *count* statements read, and twelve requests judged by it, most of which nothing grants."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": f"S{number}",
                "Effect": "Allow",
                "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
                "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue-{number}",
            }
            for number in range(count)
        ],
    }
    requests = narrow_requests()

    def judged() -> None:
        held = PolicySet((parse(document, Kind.IDENTITY, name="large"),))
        for request in requests:
            authorize(held, request)

    return judged


def _smallest(count: int) -> Work:
    """The smallest policy for a role that used *count* queues whose names have nothing in common."""
    uses = [
        Use(
            call="sqs:SendMessage",
            action="sqs:SendMessage",
            resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:{_spread(number)}",
            verdict="Allowed",
        )
        for number in range(count)
    ]
    return lambda: smallest_for(_role(0), uses)


def _spread(number: int) -> str:
    """Return a name that shares no prefix with its neighbours."""
    return f"{number * 2_654_435_761 % 2**32:08x}"


SIZES = (
    Size("requests", "Requests through the fleet, arrival to answer", "requests", 1_000, _requests),
    Size("summary", "The summary of a run's journal", "requests", 100, _summaries),
    Size(
        "instances",
        "Ten seconds of an endpoint, two requests a second an instance",
        "instances",
        1,
        _instances,
    ),
    Size("launches", "CreateEndpoint until all instances are in service", "instances", 1, _launches),
    Size("roles", "Ten decisions of each role", "roles", 1, _roles),
    Size("role_accounts", "The summary of a run with so many roles", "roles", 1, _role_accounts),
    Size("statements", "A policy read and twelve requests judged by it", "statements", 1, _statements),
    Size("smallest_policy", "The smallest policy for so many uses of a role", "uses", 1, _smallest),
)


if __name__ == "__main__":
    sys.exit(main("cost_of_size", __doc__, measure))
