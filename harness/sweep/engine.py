"""The figures of policies by the compiled kernels: one trace, many cases.

All policies see the same arrivals, service times and launch times, drawn from the seed as `harness simulate`
draws them; what differs between two rows is what the policies do.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness import __version__
from harness.endpoint.distributions import Constant, Distribution
from harness.endpoint.settings import EndpointSettings
from harness.errors import InvalidRun
from harness.inputs.arrivals import trace_of
from harness.inputs.traffic import Traffic, read_traffic
from harness.scaling.settings import ScalingSettings
from harness.sweep.executors import usable_cores
from harness.sweep.figures import BREACH_SHARE, Figures
from harness.sweep.grid import Candidate
from harness.virtual.cases import KernelCase
from harness.virtual.draws import draw_spans
from harness.virtual.fluid import RATIOS, FluidRun, FluidSummary, FluidTraffic
from harness.virtual.kernel import ExactRun
from harness.virtual.recursion import OK
from harness.virtual.trace import Trace, trace_of_counts

if TYPE_CHECKING:
    from harness.sweep.options import SweepPlan
    from harness.virtual.results import KernelResult

MINUTE_S = 60.0
P99 = 0.99
SAMPLE = 30_000  # service times that stand for all of a distribution in the fluid model
ENGINE_VERSION = 1
"""To be raised when the kernels' figures change, so that none of before is taken for one of now."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Makes a kernel's case of a policy: `same` has what all share.

    `initial` is None where each begins with its own minimum.
    """

    same: KernelCase
    initial: int | None

    def of(self, candidate: Candidate) -> KernelCase:
        """Return the case of *candidate*."""
        return replace(
            self.same,
            target_value=candidate.target,
            min_capacity=candidate.min_capacity,
            max_capacity=candidate.max_capacity,
            initial=self.initial or candidate.min_capacity,
            scale_out_cooldown_s=candidate.scale_out_cooldown_s,
            scale_in_cooldown_s=candidate.scale_in_cooldown_s,
        )


@dataclass(frozen=True, slots=True)
class Shared:
    """What every exact run of one instance type needs; it travels once to each worker."""

    run: ExactRun
    cases: Cases
    timeout_s: float


def exact_figures(shared: Shared, candidate: Candidate) -> Figures:
    """Return what *candidate* comes to, request by request."""
    return figures_of(shared.run.play(shared.cases.of(candidate)), shared.timeout_s)


def figures_of(result: "KernelResult", timeout_s: float) -> Figures:
    """Return the figures of a kernel's *result*."""
    offered = float(result.arrived.sum())
    return Figures(
        instance_s=result.instance_s,
        p99_s=p99_of(result, offered, timeout_s),
        breach_minutes=result.minutes_in_breach(BREACH_SHARE),
        offered=round(offered),
        failed=round(result.failed),
        peak_instances=max(desired for _, desired, _ in result.capacity),
        activities=len(result.activities),
    )


def fluid_figures(summary: FluidSummary, row: int, offered: int, timeout_s: float) -> Figures:
    """Return the figures in a *row* of the fluid model's *summary*."""
    # A flow of requests that fail has no whole number of them, and rounding errors are no failures.
    failed = round(float(summary.outcomes[row].sum() - summary.outcomes[row, OK]))
    p99_s = float(summary.response_s[row, RATIOS.index(P99)])
    return Figures(
        instance_s=float(summary.instance_s[row]),
        p99_s=timeout_s if math.isnan(p99_s) or failed > (1.0 - P99) * offered else p99_s,
        breach_minutes=int(summary.minutes_in_breach[row]),
        offered=offered,
        failed=failed,
        peak_instances=None,
        activities=int(summary.activities[row]),
    )


def p99_of(result: "KernelResult", offered: float, timeout_s: float) -> float:
    """Return the 99th percentile over all that arrived, one without an answer counting as *timeout_s*."""
    wanted = P99 * offered
    if not result.ok or wanted > result.ok:
        return timeout_s if offered else 0.0
    return result.response_s(wanted / result.ok)


class Arrivals:
    """The moments of arrival and routing draws of a traffic, made once; service times are made by type.

    Raises InvalidRun where nothing arrives.
    """

    def __init__(self, traffic: Traffic, seed: int) -> None:
        start_s = traffic.start_epoch_s or 0.0
        # CloudWatch's minutes are those of the clock, and the traffic may begin within one.
        shift_s = start_s - math.floor(start_s / MINUTE_S) * MINUTE_S
        trace = trace_of(traffic, Constant(0.0), seed)
        if not len(trace):
            raise InvalidRun(f"{traffic.source} holds no request; a sweep over it would prove nothing")
        self.source = traffic.source
        self.notes = traffic.notes
        self.minutes = math.ceil(round(traffic.duration_s / MINUTE_S, 9))
        self.until_s = self.minutes * MINUTE_S + shift_s
        self.place = trace.place
        self.at = trace.at
        if shift_s:
            self.at += shift_s
        self._seed = seed

    def trace(self, service_time: Distribution) -> Trace:
        """Return the requests with spans of *service_time*, as a simulation with this seed draws them."""
        return Trace(self.at, draw_spans(service_time, len(self.at), self._seed, "service"), self.place)

    def per_second(self) -> npt.NDArray[np.int64]:
        """Return how many requests arrive in each second."""
        return np.diff(np.searchsorted(self.at, np.arange(math.ceil(self.until_s) + 1, dtype=np.float64)))

    def digest(self) -> str:
        """Return a hash of the moments of arrival and routing draws."""
        found = sha256(self.at.data)
        found.update(self.place.data)
        return found.hexdigest()


class KernelEngine:
    """The `Engine` of a plan over real arrivals."""

    def __init__(self, plan: "SweepPlan", arrivals: Arrivals) -> None:
        self._plan = plan
        self._arrivals = arrivals

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Return the policies of the plan."""
        return self._plan.combinations.candidates

    @property
    def traffic(self) -> Mapping[str, Any]:
        """Return what machines are told of the traffic."""
        arrivals = self._arrivals
        return {
            "source": arrivals.source,
            "minutes": arrivals.minutes,
            "requests": len(arrivals.at),
            "busiest_second": int(arrivals.per_second().max()),
            "notes": list(arrivals.notes),
        }

    @property
    def inputs(self) -> Mapping[str, Any]:
        """Return all that the figures depend on but the policy."""
        plan = self._plan
        return {
            "harness": __version__,
            "kernel": ENGINE_VERSION,
            "arrivals": self._arrivals.digest(),
            "until_s": self._arrivals.until_s,
            "seed": plan.seed,
            "own": plan.own,
            "services": {kind: repr(each) for kind, each in plan.services.items()},
            "endpoint_settings": repr(plan.assumptions.endpoint),
            "scaling_settings": repr(plan.assumptions.scaling),
            "latency_limit_s": plan.latency_limit_s,
            "initial": plan.initial,
            "held_back": [plan.disable_scale_in, plan.suspended_in, plan.suspended_out],
        }

    @property
    def exact(self) -> Callable[[Any, Candidate], Figures]:
        """Return the function that plays one policy request by request."""
        return exact_figures

    def fluid(self, candidates: Sequence[Candidate]) -> list[Figures]:
        """Return the figures of *candidates* by the fluid model, on as many threads as the plan has jobs."""
        found: dict[Candidate, Figures] = {}
        for kind in dict.fromkeys(each.instance_type for each in candidates):
            mine = [each for each in candidates if each.instance_type == kind]
            found |= zip(mine, self._fluid_of(kind, mine), strict=True)
        return [found[each] for each in candidates]

    def _fluid_of(self, kind: str, mine: Sequence[Candidate]) -> list[Figures]:
        plan, arrivals = self._plan, self._arrivals
        counts = arrivals.per_second()
        sample = draw_spans(plan.services[kind].service_time, SAMPLE, plan.seed, "service")
        run = FluidRun(
            FluidTraffic(counts, sample),
            plan.assumptions.endpoint,
            plan.assumptions.scaling,
            until_s=arrivals.until_s,
            own=plan.own,
        )
        cases = self._cases(kind)
        summary = run.play_all(
            [cases.of(each) for each in mine], workers=plan.jobs or usable_cores(), bad_ratio=BREACH_SHARE
        )
        timeout_s = plan.assumptions.endpoint.invocation_timeout_s
        return [fluid_figures(summary, row, int(counts.sum()), timeout_s) for row in range(len(mine))]

    def shared(self, instance_type: str) -> Shared:
        """Return what the exact runs of *instance_type* share: the trace, 20 bytes a request."""
        plan = self._plan
        run = ExactRun(
            self._arrivals.trace(plan.services[instance_type].service_time),
            plan.assumptions.endpoint,
            plan.assumptions.scaling,
            until_s=self._arrivals.until_s,
            own=plan.own,
        )
        return Shared(run, self._cases(instance_type), plan.assumptions.endpoint.invocation_timeout_s)

    def _cases(self, instance_type: str) -> Cases:
        plan, service = self._plan, self._plan.services[instance_type]
        same = KernelCase(
            target_value=1.0,
            min_capacity=1,
            max_capacity=1,
            initial=1,
            disable_scale_in=plan.disable_scale_in,
            suspended_in=plan.suspended_in,
            suspended_out=plan.suspended_out,
            concurrency=service.concurrency,
            queue_limit=service.queue_limit,
            routing=service.routing,
            latency_limit_s=plan.latency_limit_s,
        )
        return Cases(same, plan.initial)


def load_kernels() -> None:
    """Load the compiled code, or compile it where this has not been done on this machine.

    Before the trace is made: a compiler takes as much memory, and the two need not be there at once.
    """
    endpoint, scaling = EndpointSettings(), ScalingSettings()
    case = KernelCase(target_value=1.0, min_capacity=1, max_capacity=2, initial=1)
    trace = trace_of_counts([2], service_time=Constant(0.01), seed=1)
    ExactRun(trace, endpoint, scaling, until_s=MINUTE_S).play(case)
    traffic = FluidTraffic.of_trace(trace, MINUTE_S)
    FluidRun(traffic, endpoint, scaling, until_s=MINUTE_S).play_all([case])


def engine_of(plan: "SweepPlan") -> KernelEngine:
    """Return the engine of *plan*, models loaded; raises ScenarioError where its traffic cannot be read."""
    traffic = read_traffic(plan.traffic)
    load_kernels()
    return KernelEngine(plan, Arrivals(traffic, plan.seed))
