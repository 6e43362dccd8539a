"""How long a request takes at a given utilisation: the stochastic part that a fluid does not know.

One instance is played by the exact recursion at fifty utilisations, once for each kind of instance, with
service times of the trace; its response times are kept as quantiles. Times scale with the service time, so
one table serves all instance types. For LEAST_OUTSTANDING_REQUESTS, where a queue is shared by the instances,
there is a table for each of some numbers of instances; with RANDOM each instance is alone with its share.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.virtual.draws import stream
from harness.virtual.recursion import Floats, Rules, join, make_fates, make_lanes, serve

ARRIVALS = 30_000
"""How many requests are played for each utilisation; the first tenth, from an empty instance, is left out."""

STEP = 0.02
UTILISATIONS = np.arange(50) * STEP
"""Grid of the tables. Beyond the last the fluid's own queue speaks."""

CREWS = np.array([1, 2, 4, 8, 16, 32])
"""Numbers of instances with a table of their own under LEAST_OUTSTANDING_REQUESTS."""

_PER_DECADE = 32
_TAILS = 1.0 - np.concatenate([10.0 ** -(np.arange(3 * _PER_DECADE + 1) / _PER_DECADE), [0.0]])
LEVELS = (_TAILS[1:] + _TAILS[:-1]) / 2.0
SHARES = np.diff(_TAILS)
"""Quantile levels, denser towards the tail, and the share of requests that each stands for."""

COARSE = 8
"""How many equal shares stand for the distribution where a backlog outweighs it."""


class Table(NamedTuple):
    """Response times by crew, utilisation and quantile, in units of the mean service time of 1 times scale.

    `coarse` has the same in COARSE equal shares, `turned_away` the share that finds the queue full.
    """

    responses: npt.NDArray[np.float64]
    coarse: npt.NDArray[np.float64]
    turned_away: npt.NDArray[np.float64]


class WaitingTables:
    """The tables for one set of service times, made when they are asked for and kept."""

    def __init__(self, service_s: Floats) -> None:
        generator = stream(1, "waiting")
        picked = generator.integers(0, max(len(service_s), 1), ARRIVALS)
        self._service_s = service_s[picked] if len(service_s) else np.full(ARRIVALS, 1e-3)
        self._mean_s = float(self._service_s.mean())
        self._moments = np.cumsum(generator.exponential(1.0, ARRIVALS))
        self._place = generator.random(ARRIVALS, dtype=np.float32)
        self.table = lru_cache(maxsize=64)(self._make)

    def _make(self, concurrency: int, queue_limit: int, least: bool) -> Table:
        """Return the table for instances with *concurrency* slots; *least*: for shared queues."""
        crews = CREWS if least else CREWS[:1]
        shape = (len(crews), len(UTILISATIONS))
        responses = np.zeros((*shape, len(LEVELS)))
        coarse = np.zeros((*shape, COARSE))
        turned_away = np.zeros(shape)
        middles = (np.arange(COARSE) + 0.5) / COARSE
        for crew, instances in enumerate(crews.tolist()):
            for index, utilisation in enumerate(UTILISATIONS.tolist()):
                taken = self._play(max(utilisation, 1e-3), instances, concurrency, queue_limit, least)
                answered = np.sort(taken[~np.isnan(taken)])
                turned_away[crew, index] = 1.0 - len(answered) / len(taken)
                responses[crew, index] = _quantiles(answered, LEVELS)
                coarse[crew, index] = _quantiles(answered, middles)
        return Table(responses, coarse, turned_away)

    def _play(
        self, utilisation: float, instances: int, concurrency: int, queue_limit: int, least: bool
    ) -> Floats:
        """Return the response times at a steady rate from empty instances, NaN where the queue was full."""
        rate = utilisation * instances * concurrency / self._mean_s
        at = self._moments / rate
        lanes = make_lanes(instances, concurrency, queue_limit, least)
        fates = make_fates(ARRIVALS, 1 << ARRIVALS.bit_length())
        for number in range(instances):
            join(lanes, number, number + 1, 0.0)
        rules = Rules(queue_limit, math.inf, True, least)
        serve(at, self._service_s, self._place, 0, ARRIVALS, lanes, instances, rules, fates)
        responses: Floats = fates.queue_s + self._service_s
        return responses[ARRIVALS // 10 :]


def _quantiles(ascending: Floats, levels: Floats) -> Floats:
    return ascending[np.minimum((levels * len(ascending)).astype(np.int64), len(ascending) - 1)]
