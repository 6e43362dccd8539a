"""The life of a labelling job: which objects are labelled, by whom and when, and what the counters show.

Developer guide, "Use Amazon SageMaker Ground Truth"; API reference, CreateLabelingJob. No person works
here: what a worker answers is given by who runs the job, and how long that takes is the work team's figure.
Automated data labeling (active learning) is not covered.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heapify, heappop, heappush

from harness.jobs.labelling_request import LabelingPlan

# "ACS-" functions for classification weigh workers by how often they agree; here each has one vote, and the
# confidence is the share of votes. Ties go to the category that was declared first.


class State(StrEnum):
    """What became of one object."""

    WAITING = "waiting"
    LABELLED = "labelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Consolidated:
    """The label of an object, and the share of workers who gave it."""

    label: str
    confidence: float


def consolidate(answers: Sequence[str], categories: Sequence[str]) -> Consolidated | None:
    """Return the label that most of *answers* are, None without answers among *categories*."""
    votes = Counter(each for each in answers if each in categories)
    if not votes:
        return None
    best = max(categories, key=lambda each: (votes[each], -categories.index(each)))
    return Consolidated(best, votes[best] / len(answers))


def timetable(objects: int, workers: int, per_object: int, seconds_s: float) -> list[float]:
    """Return when each object has its *per_object* answers, seconds after the first task.

    Each of *workers* answers one task after the other, each at most once for an object.
    """
    free = [(0.0, worker) for worker in range(workers)]
    heapify(free)
    done = []
    for _ in range(objects):
        chosen = [heappop(free) for _ in range(min(per_object, workers))]
        ends = [(at + seconds_s, worker) for at, worker in chosen]
        for each in ends:
            heappush(free, each)
        done.append(max(at for at, _ in ends))
    return done


class LabelingJob:
    """One labelling job; `status` is LabelingJobStatus."""

    def __init__(self, plan: LabelingPlan) -> None:
        self.plan = plan
        self.status = "InProgress"
        self.failure_reason = ""
        self._states: list[State] = []

    def begin(self, objects: int) -> None:
        """Take note that the manifest was read: it has so many *objects*, none of them labelled."""
        self._states = [State.WAITING] * objects

    def ended(self, index: int, state: State) -> None:
        """Take note that the object *index* was labelled, or that its label cannot be made."""
        self._states[index] = state
        if self.status == "InProgress" and (self._is_enough() or State.WAITING not in self._states):
            self.status = "Completed"

    def expire(self) -> None:
        """Take note that what waits is withdrawn: its objects stay unlabelled, and the job ends."""
        if self.status == "InProgress":
            self.status = "Completed"

    def stop(self) -> None:
        """Begin StopLabelingJob: nothing more is labelled."""
        self.status = "Stopping"

    def stopped(self) -> None:
        """Take note that nothing is under way any more."""
        self.status = "Stopped"

    def fail(self, reason: str) -> None:
        """Take note that the job cannot go on, for *reason*."""
        self.status, self.failure_reason = "Failed", reason

    @property
    def is_over(self) -> bool:
        """Whether a last status is reached."""
        return self.status in ("Completed", "Failed", "Stopped")

    def counters(self) -> dict[str, int]:
        """Return LabelCounters."""
        labelled = self._states.count(State.LABELLED)
        failed = self._states.count(State.FAILED)
        return {
            "TotalLabeled": labelled,
            "HumanLabeled": labelled,
            "MachineLabeled": 0,
            "FailedNonRetryableError": failed,
            "Unlabeled": len(self._states) - labelled - failed,
        }

    def _is_enough(self) -> bool:
        """Return whether a stopping condition is met: so many objects, or this share of them, labelled."""
        labelled = self._states.count(State.LABELLED)
        most, share = self.plan.most_labelled, self.plan.most_percent
        return (most is not None and labelled >= most) or (
            share is not None and labelled * 100 >= share * len(self._states)
        )
