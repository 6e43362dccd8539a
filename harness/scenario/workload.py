"""What traffic a scenario sends: how it arrives, the requests' bodies, and when each one is due.

Moments are model seconds from the load's own start.
"""

import heapq
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, NamedTuple, Protocol

from harness.errors import ScenarioError
from harness.scenario.functions import Function, QualifiedFunction
from harness.scenario.messaging import Queue, Topic
from harness.scenario.rates import (
    Calls,
    Constant,
    Idle,
    Piece,
    Ramp,
    Rate,
    Spike,
    Stages,
    check_choice,
    check_span,
)
from harness.scenario.triggers import HttpApi

__all__ = [
    "MAX_IN_FLIGHT",
    "Calls",
    "Constant",
    "Due",
    "Idle",
    "OpenModel",
    "Payload",
    "Ramp",
    "Rate",
    "Spike",
    "Stages",
    "arrivals",
    "schedule",
]

Client = Literal["boto3", "lean"]
Arrivals = Literal["poisson", "uniform"]
Pick = Literal["round-robin", "seeded"]
Invocation = Literal["RequestResponse", "Event"]
Target = Literal["endpoint", "topic", "queue", "function", "api"]
TARGETS = ("endpoint", "topic", "queue", "function", "api")
_KINDS: dict[type, Target] = {
    Topic: "topic",
    Queue: "queue",
    Function: "function",
    QualifiedFunction: "function",
    HttpApi: "api",
}

# Replaced in the bodies of a numbered payload.
NUMBER = b"{{number}}"

# A boto3 process sends 1,450 calls a second at most, so 512 in flight are reached only when answers take
# longer than a third of a second at full rate; it also stays below the usual limit of 1,024 open files.
MAX_IN_FLIGHT = 512


@dataclass(frozen=True, slots=True)
class Payload:
    """A named pool of request bodies; request number n of a model takes one of them.

    In the bodies of a `numbered` payload `{{number}}` stands for the request's number in its model, from 0
    on, so that no two are the same. A message takes `attributes`, all of type String, and in a FIFO topic or
    queue one of `groups` message groups, in turn; its de-duplication id is its number.
    """

    name: str
    bodies: tuple[bytes, ...] = field(repr=False)
    content_type: str = "text/csv"
    accept: str = ""
    pick: Pick = "round-robin"
    numbered: bool = False
    attributes: tuple[tuple[str, str], ...] = ()
    groups: int = 1

    def __init__(
        self,
        name: str,
        bodies: Sequence[str | bytes],
        content_type: str = "text/csv",
        accept: str = "",
        pick: Pick = "round-robin",
        numbered: bool = False,
        attributes: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        groups: int = 1,
    ) -> None:
        raw = tuple(body.encode() if isinstance(body, str) else body for body in bodies)
        values: dict[str, Any] = {
            "name": name,
            "bodies": raw,
            "content_type": content_type,
            "accept": accept,
            "pick": pick,
            "numbered": numbered,
            "attributes": tuple(dict(attributes).items()),
            "groups": groups,
        }
        for attribute, value in values.items():
            object.__setattr__(self, attribute, value)
        if not name:
            raise ScenarioError("Payload: name is empty; give the pool a name")
        if not raw:
            raise ScenarioError(f"Payload {name!r}: bodies is empty; give at least one request body")
        check_choice(f"Payload {name!r}", "pick", pick, ("round-robin", "seeded"))
        if groups < 1:
            raise ScenarioError(f"Payload {name!r}: groups is {groups}; it must be at least 1")

    def choose(self, nth: int, seed: int | str) -> int:
        """Return the index of the body of request *nth*; any process gets the same answer on its own."""
        if self.pick == "round-robin":
            return nth % len(self.bodies)
        return zlib.crc32(f"{seed}/payload/{self.name}/{nth}".encode()) % len(self.bodies)

    def body(self, nth: int, seed: int | str) -> bytes:
        """Return the body of request *nth*."""
        chosen = self.bodies[self.choose(nth, seed)]
        return chosen.replace(NUMBER, b"%d" % nth) if self.numbered else chosen


PING = Payload("ping", ("1",))


class Named(Protocol):
    """An endpoint, topic, queue or role as a scenario declares it; here only its name is needed."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OpenModel:
    """Requests that arrive at an endpoint by the clock, whether or not earlier ones were answered; or
    messages that are published to a topic, or sent to a queue; or calls of a function or an HTTP API.

    A function is invoked by `invocation`: "RequestResponse" waits for its answer, "Event" for its acceptance.

    `over_s` cuts the rate off, or gives a length to one that has none. `name` tells two models of one
    endpoint apart and names the stream of chance of the arrivals; the endpoint's name when left out.
    `max_in_flight` bounds the requests that wait for an answer: one more is dropped, which makes the run
    invalid, since an open load that waits is none.
    """

    endpoint: Named
    rate: Rate
    over_s: float | None = None
    client: Client = "boto3"
    arrivals: Arrivals = "poisson"
    payload: Payload = PING
    max_in_flight: int = MAX_IN_FLIGHT
    as_role: Named | None = None
    name: str = ""
    invocation: Invocation = "RequestResponse"

    def __post_init__(self) -> None:
        who = f"OpenModel {self.label!r}"
        if not self.label:
            raise ScenarioError("OpenModel: endpoint has no name")
        check_choice(who, "client", self.client, ("boto3", "lean"))
        check_choice(who, "arrivals", self.arrivals, ("poisson", "uniform"))
        check_span(who, "over_s", self.over_s)
        if self.target in ("topic", "queue") and self.client != "boto3":
            raise ScenarioError(f"{who}: only boto3 sends messages; leave client out")
        check_choice(who, "invocation", self.invocation, ("RequestResponse", "Event"))
        if self.target != "function" and self.invocation != "RequestResponse":
            raise ScenarioError(f"{who}: only a function is invoked by {self.invocation!r}; drop invocation")
        if self.max_in_flight < 1:
            raise ScenarioError(f"{who}: max_in_flight ({self.max_in_flight}) must be at least 1")
        _check_length(who, self.rate, self.over_s)
        if self.arrivals == "poisson" and _holds_calls(self.rate):
            raise ScenarioError(f"{who}: Calls is an exact count; say arrivals='uniform' to get it")

    @property
    def endpoint_name(self) -> str:
        """Return the endpoint's name."""
        return self.endpoint.name

    @property
    def target(self) -> Target:
        """Return what kind of thing the requests go to."""
        return target_of(self.endpoint)

    @property
    def aws_name(self) -> str:
        """Return the target's name as AWS has it: that of a FIFO topic or queue ends in `.fifo`."""
        return getattr(self.endpoint, "aws_name", self.endpoint.name)

    @property
    def route(self) -> str:
        """Return the method and path that an HTTP API is called with, "" for anything else."""
        if isinstance(self.endpoint, HttpApi):
            return f"{self.endpoint.method} {self.endpoint.path}"
        return self.endpoint.route if isinstance(self.endpoint, _Reference) else ""

    @property
    def role_name(self) -> str | None:
        """Return the name of the role that sends the requests, None for the account's own."""
        return None if self.as_role is None else self.as_role.name

    @property
    def label(self) -> str:
        """Return what this model is called in schedules, results and messages."""
        return self.name or self.endpoint_name

    @property
    def duration_s(self) -> float:
        """Return how long the model sends, in model seconds."""
        return self.rate.duration_s if self.over_s is None else self.over_s

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return the rate cut to the model's length."""
        return self.rate.pieces if self.over_s is None else _cut(self.rate.pieces, self.over_s)


def target_of(one: Named) -> Target:
    """Return what kind of thing *one* is to a load."""
    return one.target if isinstance(one, _Reference) else _KINDS.get(type(one), "endpoint")


class Due(NamedTuple):
    """One request of a schedule: its number, when it is due, whose it is, and its number in that model."""

    number: int
    at: float
    model: int
    nth: int


def arrivals(model: OpenModel, seed: int | str) -> Iterator[float]:
    """Yield when each request of *model* is due, in order; the same for the same seed on any machine.

    Each moment follows from the last due one, never from when that was sent.
    """
    if model.arrivals == "uniform":
        return _moments(model.pieces, _every_whole())
    return _moments(model.pieces, _exponential_steps(Random(f"{seed}/arrivals/{model.label}")))


def schedule(models: Sequence[OpenModel], seed: int | str) -> Iterator[Due]:
    """Yield the requests of all *models* in the order they are due, numbered through."""

    def of_model(place: int, model: OpenModel) -> Iterator[tuple[float, int, int]]:
        return ((at, place, nth) for nth, at in enumerate(arrivals(model, seed)))

    merged = heapq.merge(*(of_model(place, model) for place, model in enumerate(models)))
    return (Due(number, at, model, nth) for number, (at, model, nth) in enumerate(merged))


def to_json(model: OpenModel) -> dict[str, Any]:
    """Return *model* without its bodies as plain JSON values; the rate as its pieces."""
    return {
        "endpoint": model.endpoint_name,
        "target": model.target,
        "aws_name": model.aws_name,
        "pieces": [list(piece) for piece in model.pieces],
        "client": model.client,
        "arrivals": model.arrivals,
        "max_in_flight": model.max_in_flight,
        "as_role": model.role_name,
        "name": model.label,
        "invocation": model.invocation,
        "route": model.route,
    }


def from_json(values: Mapping[str, Any], payload: Payload) -> OpenModel:
    """Return the model that `to_json` wrote; it has the same arrivals. Raise ScenarioError when it cannot."""
    try:
        rate = Stages([Ramp(*map(float, piece)) for piece in values["pieces"]])
        return OpenModel(
            endpoint=_Reference(
                str(values["endpoint"]), values["target"], str(values["aws_name"]), str(values["route"])
            ),
            rate=rate,
            client=values["client"],
            arrivals=values["arrivals"],
            payload=payload,
            max_in_flight=int(values["max_in_flight"]),
            as_role=_Reference(role) if (role := values["as_role"]) else None,
            name=str(values["name"]),
            invocation=values["invocation"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ScenarioError(f"the plan's workload is not readable ({error!r}); write it anew") from error


@dataclass(frozen=True, slots=True)
class _Reference:
    """What is called, or a role, of which only the name came with the plan."""

    name: str
    target: Target = "endpoint"
    aws_name: str = ""
    route: str = ""


def _every_whole() -> Iterator[float]:
    """Yield 0.5, 1.5, 2.5, ...: midpoints, so that rounding at the end can neither lose nor add a call."""
    count = 0
    while True:
        yield count + 0.5
        count += 1


def _exponential_steps(random: Random) -> Iterator[float]:
    """Yield the arrivals of a Poisson process of rate 1."""
    total = 0.0
    while True:
        total += random.expovariate(1.0)
        yield total


def _moments(pieces: tuple[Piece, ...], counts: Iterator[float]) -> Iterator[float]:
    """Yield the moment at which the integral over *pieces* reaches each of *counts*, until the pieces end."""
    wanted = next(counts)
    begun_at = before = 0.0
    for piece in pieces:
        held = piece.requests
        while wanted - before <= held:
            yield begun_at + piece.moment_of(wanted - before)
            wanted = next(counts)
        begun_at += piece.over_s
        before += held


def _cut(pieces: tuple[Piece, ...], duration_s: float) -> tuple[Piece, ...]:
    """Return the part of *pieces* before *duration_s*."""
    kept: list[Piece] = []
    for piece in pieces:
        left = duration_s - math.fsum(one.over_s for one in kept)
        if left <= 0.0:
            break
        span = min(piece.over_s, left)
        kept.append(Piece(piece.start_rps, piece.rate_at(span), span))
    return tuple(kept)


def _holds_calls(rate: Rate) -> bool:
    return isinstance(rate, Calls) or (isinstance(rate, Stages) and any(map(_holds_calls, rate.stages)))


def _check_length(who: str, rate: Rate, over_s: float | None) -> None:
    if over_s is None and math.isinf(rate.duration_s):
        raise ScenarioError(f"{who}: over_s is missing and the rate has no end; give one of them")
    if over_s is not None and over_s > rate.duration_s:
        raise ScenarioError(
            f"{who}: over_s ({over_s:g}) is longer than its rate ({rate.duration_s:g}); "
            "shorten it or append Idle() in Stages"
        )
