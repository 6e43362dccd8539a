"""One function of an account as it stands: where its qualifiers point, what is ready, what runs."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from harness.endpoint.distributions import Distribution
from harness.errors import ScenarioError
from harness.functions.environments import Environment, Idle, Ready
from harness.functions.rates import RequestRate, ScalingRate
from harness.functions.refusals import LATEST
from harness.functions.settings import FunctionSettings


@dataclass(frozen=True, slots=True)
class Route:
    """Where an alias points: its version, and the share of invocations that goes to others."""

    version: str
    weights: tuple[tuple[str, float], ...] = ()


class Member:
    """One function: `reserved` is its reserved concurrency, None where it has none."""

    def __init__(
        self, name: str, init_time: Distribution, settings: FunctionSettings, seed: str | int
    ) -> None:
        self.name = name
        self.reserved: int | None = None
        self.routes: dict[str, Route] = {}
        self.ready: dict[str, Ready] = {}
        self.scaling, self.requests = ScalingRate(), RequestRate()
        self.on_demand = self.running = 0
        self.running_by: Counter[str] = Counter()
        self._idle: dict[str, Idle] = {}
        self._init_time, self._settings = init_time, settings
        self._inits, self._lives = Random(f"{seed}/{name}/init"), Random(f"{seed}/{name}/idle")
        self._routing = Random(f"{seed}/{name}/routing")
        self._started = 0

    # -- qualifiers -----

    def resolve(self, qualifier: str) -> tuple[str, Ready | None]:
        """Return the version that *qualifier* ("" is $LATEST) means this time, and what is ready for it.

        Concurrency that is provisioned on an alias serves invocations by that alias; on a version, those by
        any qualifier that leads to it. Raises ScenarioError where there is no such alias.
        """
        if qualifier in ("", LATEST) or qualifier.isdigit():
            return qualifier or LATEST, self.ready.get(qualifier)
        route = self.routes.get(qualifier)
        if route is None:
            raise ScenarioError(f"Function {self.name!r} has no alias {qualifier!r}; point_alias makes one")
        version = self._drawn(route) if route.weights else route.version
        ready = self.ready.get(qualifier)
        if ready is None or version != ready.version:
            ready = self.ready.get(version)
        return version, ready

    def _drawn(self, route: Route) -> str:
        draw = self._routing.random()
        for version, weight in route.weights:
            draw -= weight
            if draw < 0.0:
                return version
        return route.version

    def version_of(self, qualifier: str) -> str | None:
        """Return the version that *qualifier* stands for, None for an alias that does not exist."""
        if qualifier in ("", LATEST) or qualifier.isdigit():
            return qualifier or LATEST
        route = self.routes.get(qualifier)
        return None if route is None else route.version

    def point(self, alias: str, version: str, weights: Mapping[str, float] | None) -> None:
        """Let *alias* mean *version*, but for the share of each version in *weights*."""
        self.routes[alias] = Route(version, tuple((weights or {}).items()))

    # -- concurrency -----

    @property
    def claimed(self) -> int:
        """The concurrency that its provisioned environments hold."""
        return sum(each.claimed for each in self.ready.values())

    @property
    def requested(self) -> int:
        """The provisioned concurrency that was asked for, in all."""
        return sum(each.pool.desired_capacity for each in self.ready.values())

    # -- environments on demand -----

    def warm(self, version: str) -> Environment | None:
        """Return the idle environment of *version* whose turn it is, None where all are busy."""
        idle = self._idle.get(version)
        return None if idle is None else idle.take()

    def rest(self, environment: Environment) -> None:
        """Let *environment* wait for its next invocation."""
        self.idle_of(environment.version).put(environment)

    def idle_of(self, version: str) -> Idle:
        """Return the idle environments of *version*."""
        if version not in self._idle:
            self._idle[version] = self.new_idle()
        return self._idle[version]

    def new_idle(self) -> Idle:
        """Return a place where environments can wait."""
        return Idle(self._settings.environment_reuse)

    def all_idle(self) -> list[Environment]:
        """Return every environment that waits on demand, none of them idle any more."""
        return [each for idle in self._idle.values() for each in idle.take_all()]

    def start(self, version: str, ready: Ready | None = None) -> Environment:
        """Return a new environment, provisioned where it is for *ready*."""
        self._started += 1
        lifetime_s = math.inf if ready else self.draw_lifetime()
        return Environment(f"{self.name}/{self._started}", version, ready, lifetime_s)

    def draw_lifetime(self) -> float:
        """Return the seconds that the next environment on demand is kept while it is idle."""
        return self._settings.idle_lifetime.draw(self._lives)

    def draw_init(self) -> float:
        """Return the seconds that the next cold start takes."""
        return self._init_time.draw(self._inits)
