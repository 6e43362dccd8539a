"""From traffic as a file or a rate tells it to the requests that arrive: one way for simulation and sweep."""

from dataclasses import dataclass

from harness.endpoint.distributions import Distribution
from harness.inputs.traffic_value import Traffic
from harness.virtual.trace import Arrivals, Trace, trace_of_counts, trace_of_times

# A rate's own arrivals are drawn one by one in Python; beyond this many its counts per minute are spread.
MOST_BY_RATE = 500_000


@dataclass(frozen=True, slots=True)
class _Caller:
    name: str


def trace_of(traffic: Traffic, service_time: Distribution, seed: int, spread: Arrivals = "poisson") -> Trace:
    """Return the requests of *traffic*, counts *spread* within their minutes; empty where there are none."""
    if traffic.rate is not None and traffic.total <= MOST_BY_RATE:
        from harness.scenario.workload import OpenModel, arrivals  # slow to import: it knows scenarios

        load = OpenModel(_Caller("traffic"), traffic.rate, arrivals=spread)
        return trace_of_times(list(arrivals(load, seed)), service_time=service_time, seed=seed)
    if traffic.counts is not None:
        return trace_of_counts(traffic.counts, service_time=service_time, seed=seed, arrivals=spread)
    given = traffic.times if traffic.times is not None else ()
    return trace_of_times(given, service_time=service_time, seed=seed)
