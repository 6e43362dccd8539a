"""The thresholds of a run: those of the command line beside the scenario's own, and how they are judged."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness import journal
from harness.errors import ScenarioError
from harness.run.rehearsal import Rehearsal
from harness.scenario import Scenario
from harness.thresholds import judge
from harness.thresholds.asking import asked, delay_of, with_asked


def with_thresholds(
    scenarios: Sequence[tuple[str, Scenario]],
    texts: Sequence[str],
    *,
    abort: bool = False,
    delay: str | None = None,
) -> list[tuple[str, Scenario]]:
    """Return *scenarios* with the thresholds that *texts* say beside their own; with *abort* all that can
    stop a load do. Raises ScenarioError for a text, or a *delay*, that cannot be read."""
    more = asked(texts)
    delay_of(delay, abort=abort)
    if not (more or abort):
        return list(scenarios)
    if abort and not any(one.follows for _, scenario in scenarios for one in (*scenario.limits, *more)):
        raise ScenarioError(
            "--abort-on-fail: no threshold is known while the load goes on; give one, as "
            "--threshold 'p(99)<800ms'"
        )
    return [
        (name, replace(one, thresholds=with_asked(one.limits, more, abort=abort, delay=delay)))
        for name, one in scenarios
    ]


def judged(rehearsal: Rehearsal, now: float, wall_s: float) -> Iterator[journal.Expectation]:
    """Yield each threshold of *rehearsal*, which took *wall_s* real seconds, judged over what it recorded."""
    limits, run = rehearsal.scenario.limits, rehearsal.run
    yield from judge(limits, run.recorder.records, None, now, wall_s=wall_s, crossing=run.crossing)
