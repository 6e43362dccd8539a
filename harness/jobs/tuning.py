"""The life of one hyperparameter tuning job: what it starts next, what it stops, and what it comes to.

It knows trainings by name and by the values that they report; who runs them tells it and does what it says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from harness.jobs.tuning_ranges import combinations
from harness.jobs.tuning_request import Definition, Plan, training_name
from harness.jobs.tuning_stopping import hyperband_stops, median_stops
from harness.jobs.tuning_strategies import Observed, point_of, propose

Status = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]
# After so many trainings without one that succeeded the job fails; as AWS's FailureReason counts them.
ATTEMPTS = 5
NO_SUCCESS = (
    "No training job succeeded after {count} attempts. For additional details, please take a look at the "
    "training job failures by listing training jobs for the hyper-parameter tuning job."
)
NO_METRIC = (
    "No objective metrics found after running {count} training jobs. Please ensure that the custom algorithm "
    "is emitting the objective metric as defined by the regular expression provided."
)


@dataclass(slots=True)
class Trial:
    """One training: `values` are those of the objective in order, `final` the last one of what has ended.

    `status` is the training's own; `stopped_early` says that the tuning job asked for its end.
    """

    name: str
    definition: Definition
    parameters: dict[str, str]
    status: str = "InProgress"
    values: list[float] = field(default_factory=list)
    final: float | None = None
    stopped_early: bool = False

    @property
    def is_over(self) -> bool:
        """Return whether the training has ended."""
        return self.status in ("Completed", "Failed", "Stopped")

    @property
    def objective_status(self) -> str:
        """Return Succeeded, Pending or Failed, as HyperParameterTrainingJobSummary has it."""
        if not self.is_over:
            return "Pending"
        return "Succeeded" if self.final is not None else "Failed"


@dataclass(frozen=True, slots=True)
class Launch:
    """A training to be started."""

    name: str
    definition: Definition
    parameters: dict[str, str]


class TuningJob:
    """One tuning job. *earlier* are trainings of the jobs that it starts from, (parameters, final value)."""

    def __init__(
        self, plan: Plan, seed: int | str, now: float, *, earlier: Sequence[tuple[dict[str, str], float]] = ()
    ) -> None:
        self.plan = plan
        self.trials: dict[str, Trial] = {}
        self.status: Status = "InProgress"
        self.failure_reason = ""
        self.completion = ""  # which criterion ended it, "" for the number of its trainings
        self._random = Random(f"{plan.seed if plan.seed is not None else seed}/tuning/{plan.name}")
        self._earlier = list(earlier)
        self._began_at = now
        self._full = False  # nothing is started any more

    # -- what it asks for -----

    def launches(self, now: float) -> list[Launch]:
        """Return the trainings to start now, none once the job is ending."""
        found = []
        self._look_at_time(now)
        while self.status == "InProgress" and not self._full and self._running() < self.plan.parallel:
            launch = self._next()
            if launch is None:
                self._full = True
                break
            self.trials[launch.name] = Trial(launch.name, launch.definition, launch.parameters)
            found.append(launch)
        return found

    def deadline(self) -> float | None:
        """Return when MaxRuntimeInSeconds is over, None without one."""
        return None if self.plan.within_s is None else self._began_at + self.plan.within_s

    def _look_at_time(self, now: float) -> None:
        deadline = self.deadline()
        if deadline is not None and now >= deadline and not self._full:
            self._full, self.completion = True, "MaxRuntimeInSeconds"

    def _next(self) -> Launch | None:
        number = len(self.trials)
        if number >= self.plan.most:
            return None
        definition = self._definition()
        chosen = propose(self.plan.strategy, definition.ranges, self._observed(definition), self._random)
        suffix = f"{self._random.getrandbits(32):08x}"
        return Launch(training_name(self.plan.name, number + 1, suffix), definition, chosen)

    def _definition(self) -> Definition:
        """Return whose turn it is; of a grid, the first that has points left."""
        definitions = self.plan.definitions
        if self.plan.strategy != "Grid":
            return definitions[len(self.trials) % len(definitions)]
        return next(each for each in definitions if len(self._of(each)) < combinations(each.ranges))

    def _of(self, definition: Definition) -> list[Trial]:
        return [one for one in self.trials.values() if one.definition is definition]

    def _observed(self, definition: Definition) -> list[Observed]:
        """Return what was tried of *definition*; a training that failed counts in a grid alone."""
        cost = definition.objective.cost
        tried: list[tuple[dict[str, str], float | None]] = [*self._earlier]
        if self.plan.strategy == "Grid":
            tried = []
        for trial in self._of(definition):
            if self.plan.strategy == "Grid" or trial.objective_status != "Failed":
                tried.append((trial.parameters, trial.final))
        points = [(point_of(definition.ranges, parameters), value) for parameters, value in tried]
        return [
            Observed(point, None if value is None else cost(value))
            for point, value in points
            if point is not None
        ]

    # -- what it is told -----

    def reported(self, name: str, value: float) -> bool:
        """Take note of a value of the objective; return whether the training is to be stopped for it."""
        trial = self.trials[name]
        trial.values.append(value)
        if trial.is_over or trial.stopped_early:
            return False
        trial.stopped_early = self._stops(trial)
        return trial.stopped_early

    def _stops(self, trial: Trial) -> bool:
        cost = trial.definition.objective.cost
        own = [cost(value) for value in trial.values]
        others = [one for one in self._of(trial.definition) if one is not trial]
        if self.plan.hyperband is not None:
            seen = [[cost(value) for value in one.values] for one in others]
            return hyperband_stops(self.plan.hyperband, own, seen)
        earlier = [[cost(value) for value in one.values] for one in others if one.is_over]
        return self.plan.early_stopping and median_stops(own, earlier)

    def ended(self, name: str, status: str, now: float) -> None:
        """Take note that a training has ended with *status*, its last one."""
        trial = self.trials[name]
        trial.status = status
        if status != "Failed" and trial.values:
            trial.final = trial.values[-1]
        self._look_at_time(now)
        self._look_at_criteria()
        self._conclude()

    def stop(self) -> list[str]:
        """Begin StopHyperParameterTuningJob; return the trainings to stop."""
        self.status, self._full = "Stopping", True
        running = [one.name for one in self.trials.values() if not one.is_over]
        self._conclude()
        return running

    def refused(self, name: str, reason: str) -> None:
        """Take note that a training could not be started: the tuning job fails with SageMaker's *reason*."""
        self.trials[name].status = "Failed"
        self._fail(reason)

    def _look_at_criteria(self) -> None:
        best = self.best()
        if best is None or best.final is None or self._full:
            return
        cost = best.definition.objective.cost
        if self.plan.target is not None and cost(best.final) <= cost(self.plan.target):
            self._full, self.completion = True, "TargetObjectiveMetricValue"
        limit = self.plan.not_improving
        since = [one for one in self._succeeded() if one.is_over]
        if limit is not None and len(since) - 1 - since.index(best) >= limit:
            self._full, self.completion = True, "MaxNumberOfTrainingJobsNotImproving"

    def _conclude(self) -> None:
        """End the job when nothing runs and nothing is to come, or when nothing ever succeeds."""
        over = [one for one in self.trials.values() if one.is_over]
        if self.status == "InProgress" and len(over) >= min(ATTEMPTS, self.plan.most):
            if all(one.status == "Failed" for one in over):
                self._fail(NO_SUCCESS.format(count=len(over)))
            elif all(one.final is None for one in over):
                self._fail(NO_METRIC.format(count=len(over)))
        if self._running():
            return
        if self.status == "Stopping":
            self.status = "Stopped"
        elif self.status == "InProgress" and (self._full or len(self.trials) >= self.plan.most):
            self.status = "Completed"

    def _fail(self, reason: str) -> None:
        self.status, self.failure_reason, self._full = "Failed", reason, True

    # -- what it shows -----

    def best(self) -> Trial | None:
        """Return the training with the best final value, the earliest of equals; None while there is none."""
        return min(
            self._succeeded(), key=lambda one: one.definition.objective.cost(one.final or 0.0), default=None
        )

    def _succeeded(self) -> list[Trial]:
        return [one for one in self.trials.values() if one.final is not None]

    def counters(self) -> dict[str, dict[str, int]]:
        """Return TrainingJobStatusCounters and ObjectiveStatusCounters."""
        trials = list(self.trials.values())

        def count(*statuses: str) -> int:
            return sum(1 for one in trials if one.status in statuses)

        def objectives(status: str) -> int:
            return sum(1 for one in trials if one.objective_status == status)

        return {
            "TrainingJobStatusCounters": {
                "Completed": count("Completed"),
                "InProgress": len(trials) - count("Completed", "Failed", "Stopped"),
                "RetryableError": 0,
                "NonRetryableError": count("Failed"),
                "Stopped": count("Stopped"),
            },
            "ObjectiveStatusCounters": {
                name: objectives(name) for name in ("Succeeded", "Pending", "Failed")
            },
        }

    def since_best(self) -> int:
        """Return how many trainings have ended since the best one without being better."""
        best, over = self.best(), self._succeeded()
        return 0 if best is None else len(over) - 1 - over.index(best)

    def _running(self) -> int:
        return sum(1 for one in self.trials.values() if not one.is_over)
