"""Functions in a run: what the stage is told of them, what is under way, whether the load proves anything."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness.aws.functions.results import Modelled
from harness.journal import FunctionInvoked, Record
from harness.scenario import Function, QualifiedFunction, Scenario
from harness.scenario.functions import function_of
from harness.scenario.triggers import HttpApi

if TYPE_CHECKING:
    from harness.aws.stage import Stage

# An environment that is busy a quarter longer than its function takes holds concurrency that the function
# would not: admissions under such a load are this machine's.
STRETCH_LIMIT = 1.25


class FunctionsOnStage:
    """What a run asks of the functions of *stage*, from any thread but the gateway's."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    def kill_one(self, function: str) -> str:
        """Kill the process of one environment of *function*; return which, "" where there is none."""

        async def kill() -> str:
            return self._stage.functions.kill_one(function)

        return self._stage.await_on_loop(kill())

    def under_way(self) -> str:
        """Return what has not ended yet, in words for people; "" when nothing is under way."""

        async def look() -> tuple[int, int]:
            sources = self._stage.event_sources
            held = sum(sources.backlog(mapping) for mapping in sources.mappings())
            return self._stage.functions.pending_events, held

        events, held = self._stage.await_on_loop(look())
        shown = [(events, "event", "events"), (held, "polled message", "polled messages")]
        return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in shown if count)


def modelled(scenario: Scenario) -> Modelled:
    """Return the spans that *scenario* gives its functions, by name."""
    functions = scenario.functions
    return Modelled(
        {one.name: span for one in functions if (span := one.modelled_duration) is not None},
        {one.name: span for one in functions if (span := one.modelled_init) is not None},
    )


def called_by_load(scenario: Scenario) -> list[Function]:
    """Return the functions that the load invokes or calls through an API, each once."""
    found: list[Function] = []
    for load in scenario.workload:
        one = load.endpoint.function if isinstance(load.endpoint, HttpApi) else load.endpoint
        if isinstance(one, Function | QualifiedFunction):
            found.append(function_of(one))
    return list(dict.fromkeys(found))


def readers_by_event_source(scenario: Scenario) -> dict[str, list[str]]:
    """Return the names of the functions that are fed from each queue, by its AWS name."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for source in scenario.event_sources:
        found[source.queue.aws_name].append(function_of(source.function).name)
    return dict(found)


def why_stretched(functions: Sequence[Function], records: Iterable[Record]) -> list[str]:
    """Return why a load on *functions* proves nothing about their concurrency, empty when it does.

    Only those count whose duration the scenario gives: the others take what they take on this machine. Cold
    starts are left out, for a process needs its time to start here whatever its function's would on Lambda.
    """
    names = {one.name for one in functions if one.duration is not None}
    busy: defaultdict[str, float] = defaultdict(float)
    meant: defaultdict[str, float] = defaultdict(float)
    for one in records:
        if not isinstance(one, FunctionInvoked) or one.function not in names or one.cold:
            continue
        if one.outcome == "ok":
            busy[one.function] += one.at - one.began_at
            meant[one.function] += one.init_s + one.duration_s
    return [
        f"The environments of function {name!r} were busy {busy[name] / meant[name]:.2f} times as long as it "
        f"takes (at most {STRETCH_LIMIT:g}): this machine is too slow for the load on this clock; lower its "
        "rate, or choose a slower clock."
        for name in busy
        if meant[name] and busy[name] > STRETCH_LIMIT * meant[name]
    ]
