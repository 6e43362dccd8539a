"""What `harness sweep` takes on the command line, and the checked plan it becomes.

Light at the top: the command's `--help` imports this.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.cost.prices import PriceTable, read_prices
from harness.errors import ScenarioError
from harness.sweep.grid import (
    Combinations,
    Grid,
    combinations,
    parse_above_zero,
    parse_names,
    parse_numbers,
    parse_whole,
)
from harness.sweep.thresholds import Threshold, parse_threshold

if TYPE_CHECKING:
    from harness.inputs.policy_files import PolicySet
    from harness.scaling.policies import TargetTracking
    from harness.sweep.services import Service
    from harness.whatif.options import Assumptions

Value = TypeVar("Value")

DEFAULT_EXACT = 50
DEFAULT_LATENCY_LIMIT_S = 1.0
"""When neither --latency-limit nor a p99 threshold says how long an answer may take."""

SAFETY_FACTOR = 0.5
"""SageMaker developer guide, "Load testing your autoscaling configuration": start with 0.5."""

NEEDED = {
    "targets": "--targets 1000,2000 or 1000:8000:500 (invocations a minute and instance)",
    "min": "--min 1,2",
    "max": "--max 8,16",
    "instance_types": "--instance-types ml.m5.large,ml.m5.xlarge",
}


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """Everything a sweep is told, checked; `services` says what one instance of each type does.

    `exact` is how many policies are run exactly, None for all. `latency_source` says where the limit is from,
    `own` (SEED/ENDPOINT/VARIANT) which launch times are drawn; `notes` are for people.
    """

    traffic: str
    combinations: Combinations
    services: Mapping[str, "Service"]
    assumptions: "Assumptions"
    prices: PriceTable
    thresholds: tuple[Threshold, ...]
    latency_limit_s: float
    latency_source: str
    safety_factor: float
    initial: int | None
    disable_scale_in: bool
    suspended_in: bool
    suspended_out: bool
    own: str
    notes: tuple[str, ...]
    exact: int | None
    seed: int
    out: Path
    jobs: int
    dask: str


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness sweep`; `plan_of` reads them."""
    numbers = "numbers 300,600 or a range FIRST:LAST:STEP"
    parser.add_argument("--traffic", metavar="FILE|SPEC", required=True, help="a trace, as for simulate")
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="a policy whose values stand for what is not swept"
    )
    parser.add_argument("--targets", metavar="LIST", help=f"invocations a minute and instance: {numbers}")
    parser.add_argument("--scale-out-cooldowns", metavar="LIST", help=f"seconds (default 300): {numbers}")
    parser.add_argument("--scale-in-cooldowns", metavar="LIST", help=f"seconds (default 300): {numbers}")
    parser.add_argument("--min", metavar="LIST", help=f"fewest instances: {numbers}")
    parser.add_argument("--max", metavar="LIST", help=f"most instances: {numbers}")
    parser.add_argument("--instance-types", metavar="LIST", help="names, as ml.m5.large,ml.m5.xlarge")
    parser.add_argument(
        "--service-time",
        metavar="SPAN",
        help="of one request: SECONDS, lognormal:MEDIAN,P95 or TYPE=SPAN,...",
    )
    parser.add_argument("--concurrency", metavar="N", help="requests at once on an instance: N or TYPE=N,...")
    parser.add_argument("--profile", metavar="FILE", help="a measured profile instead: FILE or TYPE=FILE,...")
    parser.add_argument("--initial", type=int, metavar="N", help="instances at the start (default: --min)")
    parser.add_argument(
        "--threshold",
        metavar="LIMIT",
        action="append",
        default=[],
        help="what must hold, as 'p99<0.8', 'breach_minutes<=2', 'failed_ratio<0.001'; may be repeated",
    )
    parser.add_argument(
        "--latency-limit",
        metavar="SECONDS",
        help="what an answer may take before its minute counts as breached (default: the p99 threshold, else "
        f"{DEFAULT_LATENCY_LIMIT_S:g})",
    )
    parser.add_argument(
        "--exact", metavar="all|N", default=str(DEFAULT_EXACT), help="policies run exactly (default 50)"
    )
    parser.add_argument("--safety-factor", metavar="F", help="of AWS's own formula (default 0.5)")
    parser.add_argument("--prices", type=Path, metavar="FILE", help="a price table of your own")
    parser.add_argument("--launch", metavar="SPAN", help="time to launch: SECONDS or lognormal:MEDIAN,P95")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="a setting of the model, as simulate"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of every random stream (default 1)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="threads (default: all cores)")
    parser.add_argument("--dask", metavar="ADDRESS", default="", help="a Dask scheduler, tcp://HOST:PORT")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results go (default sweeps/<traffic>)")


def plan_of(arguments: argparse.Namespace) -> SweepPlan:
    """Return the plan that the options make; ScenarioError names the option that cannot work."""
    from harness.sweep.services import services_of
    from harness.whatif.options import assumptions

    thresholds = tuple(parse_threshold(text) for text in arguments.threshold)
    exact = _exact(arguments.exact)
    _check_numbers(arguments)
    base, policy = _base(arguments.policy)
    grid = _grid(arguments, base, policy)
    prices = read_prices(arguments.prices)
    assumed = assumptions(arguments.set, launch=arguments.launch)
    _check_types(grid.instance_types, prices, assumed)
    services = services_of(
        grid.instance_types,
        assumed.container,
        service_time=arguments.service_time,
        concurrency=arguments.concurrency,
        profile=arguments.profile,
    )
    limit_s, source = _latency_limit(arguments.latency_limit, thresholds)
    return SweepPlan(
        traffic=arguments.traffic,
        combinations=combinations(grid),
        services=services,
        assumptions=assumed,
        prices=prices,
        thresholds=thresholds,
        latency_limit_s=limit_s,
        latency_source=source,
        safety_factor=_safety_factor(arguments.safety_factor),
        initial=arguments.initial or (base.initial_count if base else None),
        disable_scale_in=bool(policy and policy.disable_scale_in),
        suspended_in=bool(base and base.target.suspended_in),
        suspended_out=bool(base and base.target.suspended_out),
        notes=(*(base.notes if base else ()), *_doubts(grid.instance_types, arguments)),
        own=f"{arguments.seed}/{base.endpoint}/{base.variant}"
        if base
        else f"{arguments.seed}/endpoint/AllTraffic",
        exact=exact,
        seed=arguments.seed,
        out=arguments.out or _out(arguments.traffic),
        jobs=arguments.jobs,
        dask=arguments.dask,
    )


def _check_numbers(arguments: argparse.Namespace) -> None:
    if arguments.initial is not None and arguments.initial < 1:
        raise ScenarioError(f"--initial {arguments.initial}: an endpoint has at least 1 instance")
    if arguments.jobs < 0:
        raise ScenarioError(f"--jobs {arguments.jobs}: give 1 or more, or leave it out for all cores")


def _exact(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdigit():
        raise ScenarioError(f"--exact {text!r} is neither 'all' nor a whole number of policies")
    return int(text)


def _base(path: Path | None) -> "tuple[PolicySet | None, TargetTracking | None]":
    """Return the policy file and its one target tracking policy; ScenarioError for anything else."""
    if path is None:
        return None, None
    from harness.inputs.policy_files import read_policy
    from harness.scaling.policies import INVOCATIONS, TargetTracking

    base = read_policy(path)
    policy = base.policies[0] if len(base.policies) == 1 else None
    if not isinstance(policy, TargetTracking) or policy.metric != INVOCATIONS or base.scheduled_actions:
        raise ScenarioError(
            f"--policy {path}: a sweep varies one target tracking policy on invocations per instance, "
            "without scheduled actions; use harness simulate for this one"
        )
    return base, policy


def _grid(arguments: argparse.Namespace, base: "PolicySet | None", policy: "TargetTracking | None") -> Grid:
    kinds = (base.instance_type,) if base and base.instance_type else ()
    targets = (policy.target_value,) if policy else ()
    outs = (policy.scale_out_cooldown_s if policy else 300.0,)
    ins = (policy.scale_in_cooldown_s if policy else 300.0,)
    given = arguments
    return Grid(
        parse_names(given.instance_types, "--instance-types")
        if given.instance_types is not None
        else _needed(kinds, "instance_types"),
        parse_numbers(given.targets, "--targets", above=0.0)
        if given.targets is not None
        else _needed(targets, "targets"),
        _cooldowns(given.scale_out_cooldowns, "--scale-out-cooldowns", outs),
        _cooldowns(given.scale_in_cooldowns, "--scale-in-cooldowns", ins),
        parse_whole(given.min, "--min", above=0)
        if given.min is not None
        else _needed((base.target.min_capacity,) if base else (), "min"),
        parse_whole(given.max, "--max", above=0)
        if given.max is not None
        else _needed((base.target.max_capacity,) if base else (), "max"),
    )


def _cooldowns(text: str | None, option: str, default: tuple[float, ...]) -> tuple[float, ...]:
    values = default if text is None else parse_numbers(text, option)
    if values[0] < 0:
        raise ScenarioError(f"{option} {text}: a cooldown must not be negative")
    return values


def _needed(values: tuple[Value, ...], name: str) -> tuple[Value, ...]:
    if not values:
        raise ScenarioError(f"The grid is empty: add {NEEDED[name]}, or a --policy that says it")
    return values


def _check_types(kinds: Sequence[str], prices: PriceTable, assumed: "Assumptions") -> None:
    prices.require(kinds)
    for kind in kinds:
        family = kind.removeprefix("ml.").partition(".")[0]
        if family in assumed.scaling.unscalable_families:
            raise ScenarioError(
                f"--instance-types {kind}: SageMaker does not scale burstable instances such as T2; leave "
                "it out"
            )


def _doubts(kinds: Sequence[str], arguments: argparse.Namespace) -> list[str]:
    """Return what a person should know of the instance types before believing the table."""
    from harness.endpoint.capacity import is_burstable

    told = [
        f"{kind} is burstable: SageMaker refuses to scale types such as T2 and does not say which others."
        for kind in kinds
        if is_burstable(kind)
    ]
    said = [each for each in (arguments.service_time, arguments.profile) if each is not None]
    if len(kinds) > 1 and not any("=" in each for each in said):
        told.append(
            "All instance types were given the same service time, so that the dearer ones can only lose."
        )
    return told


def _safety_factor(text: str | None) -> float:
    factor = SAFETY_FACTOR if text is None else parse_above_zero(text, "--safety-factor")
    if factor > 1.0:
        raise ScenarioError(f"--safety-factor {text}: above 1 it would ask for more than an instance can do")
    return factor


def _latency_limit(text: str | None, thresholds: Sequence[Threshold]) -> tuple[float, str]:
    """Return what an answer may take, and the words that say where that is from."""
    if text is not None:
        return parse_above_zero(text, "--latency-limit"), "--latency-limit"
    limits = [each.limit for each in thresholds if each.metric == "p99" and each.limit > 0]
    if limits:
        return min(limits), "the p99 threshold"
    return DEFAULT_LATENCY_LIMIT_S, "default; change it with --latency-limit"


def _out(traffic: str) -> Path:
    """Return where the results for *traffic* (a file or words) go: the same for the same."""
    stem = Path(traffic).stem if Path(traffic).suffix else traffic
    return Path("sweeps") / (re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.")[:60] or "traffic")
