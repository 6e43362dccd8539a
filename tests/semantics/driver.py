"""Histories driven to their end: what is known of a backend is counted, anything new is a failure.

A failure is made short before it is told: steps are left out as long as the same rule is broken.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ground import TooSlow
from histories import History
from known import Known
from play import Finding, Play
from steps import DeleteBatch, Receive, Step, as_step, as_table
from subject import Subject

Path = tuple[str | int, ...]
# How often a history is played on a machine that is too busy to say when its calls were made.
TRIES = 5
# A drain that has not emptied its queue after so many receives never will.
MOST_RECEIVES = 12
# How often, and how long, a drain waits for what is hidden or delayed.
DRAINS = 2
LONGEST_WAIT_S = 43_200.0


@dataclass(slots=True)
class Outcome:
    """What one history showed: the first difference that is new, and its story; or that it was too slow."""

    new: Finding | None = None
    story: str = ""
    slow: bool = False
    steps: int = 0


class _Over(Exception):
    """The subject and the model have parted; what comes after says nothing."""


def drive(subject: Subject, history: Sequence[Step], known: Known, *, tries: int = TRIES) -> Outcome:
    """Play *history* on *subject*, then take everything out of its queues; again when a call was too slow."""
    outcome = _drive_once(subject, history, known)
    return drive(subject, history, known, tries=tries - 1) if outcome.slow and tries > 1 else outcome


def _drive_once(subject: Subject, history: Sequence[Step], known: Known) -> Outcome:
    outcome = Outcome()
    with subject.stage() as stage:
        play = Play(stage, known)
        try:
            for step in history:
                _take(play, step, known, outcome)
            _empty(play, known, outcome)
        except _Over:
            pass
        except TooSlow:
            outcome.slow = True
        outcome.steps = len(play.steps)
        outcome.story = stage.story()
    return outcome


def _take(play: Play, step: Step, known: Known, outcome: Outcome) -> None:
    """Take a step unless it leads into a known difference."""
    if known.avoids(step, play):
        return
    for finding in play.step(step):
        excuse = known.excuses(finding, play)
        if excuse is None:
            outcome.new = finding
            raise _Over
        # What was accepted in a batch cannot be left out beforehand.
        if excuse.parts or finding.rule in excuse.accepts:
            raise _Over


def _empty(play: Play, known: Known, outcome: Outcome) -> None:
    """Receive and delete what is there, now and when the next hidden ones can be seen: what is lost, or was
    never sent, shows here."""
    for _ in range(DRAINS):
        for queue in list(play.ground.receipts):
            for _ in range(MOST_RECEIVES):
                _take(play, Receive(queue), known, outcome)
                if not play.given:
                    break
                _take(play, DeleteBatch(queue, tuple(range(play.given))), known, outcome)
        if not play.ground.let_next_happen(LONGEST_WAIT_S):
            return


def shortest(subject: Subject, history: History, first: Outcome, known: Known) -> tuple[History, Outcome]:
    """Return the shortest history that breaks the rule that *first* found, by leaving out steps and values.

    The history itself when nothing shorter does, be it that the difference does not come every time.
    """
    assert first.new is not None
    best, outcome, shrunk = history, first, True
    while shrunk:
        shrunk = False
        for candidate in candidates(best):
            tried = drive(subject, candidate, known)
            if tried.new is not None and tried.new.rule == first.new.rule:
                best, outcome, shrunk = candidate, tried, True
                break
    return best, outcome


def candidates(history: History) -> Iterator[History]:
    """Yield shorter or plainer histories: without half of it, without a step, with a plainer step."""
    for length in (len(history) // 2, len(history) // 4, 1):
        for begin in range(len(history) - length, -1, -max(length, 1)) if length else ():
            yield history[:begin] + history[begin + length :]
    for index, step in enumerate(history):
        for plainer in plainer_steps(step):
            yield (*history[:index], plainer, *history[index + 1 :])


def plainer_steps(step: Step) -> Iterator[Step]:
    """Yield *step* with one thing less in it: an attribute, an entry of a batch, a value."""
    table = as_table(step)
    kept = ("do", "queue", "topic", "seconds", "dead_letter", "FifoQueue", "FifoTopic")
    for path in paths(table):
        if not kept_by(path, kept):
            yield as_step(without(table, path))


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Yield where something is in nested tables and lists, the outer before the inner."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield (*at, key)
        yield from paths(each, (*at, key))


def kept_by(path: Path, kept: Sequence[str]) -> bool:
    """Tell whether a step is nothing without what is at *path*: its target, or half of an attribute."""
    in_attribute = isinstance(path[-1], int) and len(path) > 2 and path[-3] == "attributes"
    return path[-1] in kept or in_attribute


def without(value: Any, path: Path) -> Any:
    """Return a copy of nested tables and lists that has nothing at *path*."""
    head, *rest = path
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key != head or rest}
        return kept | ({head: without(value[head], tuple(rest))} if rest else {})
    kept = [each for index, each in enumerate(value) if index != head or rest]
    if rest:
        kept[int(head)] = without(value[int(head)], tuple(rest))
    return kept
