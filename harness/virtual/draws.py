"""Many draws at once: the distributions of `harness.endpoint.distributions` on numpy streams.

Each purpose has a stream of its own, named by the run's seed and the purpose, so that more arrivals shift no
service time. A stream gives the same draws however they are cut into pieces.
"""

from hashlib import sha256
from random import Random

import numpy as np
import numpy.typing as npt

from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform

Floats = npt.NDArray[np.float64]

PIECE = 1 << 18
"""How many draws are worked on at once where a second array is needed."""


def stream(seed: str | int, purpose: str) -> np.random.Generator:
    """Return the stream of *purpose* in a run with *seed*; the same two give the same draws everywhere."""
    digest = sha256(f"{seed}/{purpose}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def draw_spans(distribution: Distribution, count: int, seed: str | int, purpose: str) -> Floats:
    """Return *count* spans of *distribution* in seconds, from the stream of *purpose*.

    A distribution that is none of the four known ones is drawn one by one.
    """
    spans = np.empty(count)
    if isinstance(distribution, Constant):
        spans.fill(distribution.seconds)
        return spans
    generator = stream(seed, purpose)
    if isinstance(distribution, Uniform):
        generator.random(out=spans)
        spans *= distribution.high_s - distribution.low_s
        spans += distribution.low_s
    elif isinstance(distribution, LogNormal):
        generator.standard_normal(out=spans)
        spans *= distribution.sigma
        np.exp(spans, out=spans)
        spans *= distribution.median_s
    elif isinstance(distribution, Empirical):
        _pick(np.array(distribution.seconds), generator, spans)
    else:
        random = Random(f"{seed}/{purpose}")
        for index in range(count):
            spans[index] = distribution.draw(random)
    return spans


def _pick(measured: Floats, generator: np.random.Generator, spans: Floats) -> None:
    for begin in range(0, len(spans), PIECE):
        piece = spans[begin : begin + PIECE]
        generator.random(out=piece)
        piece[:] = measured[(piece * len(measured)).astype(np.int64)]
