"""Managed spot training whose capacity is taken back, as a fault declares it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from harness.aws.jobs.training import TrainingJob
from harness.clock import Clock

KIND = "spot interruption"


@dataclass(slots=True)
class Plan:
    """Take back the capacity of *job* (of any, where that is empty), *running_s* after it began to train.

    It is done *times* times; `done` counts. *running_s* are the job's own seconds.
    """

    job: str
    running_s: float
    times: int
    done: int = 0


class Interruptions:
    """The plans by their keys. *interrupt* takes a job's capacity back and returns its name, "" where it
    cannot; *lasts* says whether a job lasts modelled seconds; *told* hears of each."""

    def __init__(
        self,
        clock: Clock,
        interrupt: Callable[[str], str],
        lasts: Callable[[TrainingJob], bool],
        told: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._interrupt = interrupt
        self._lasts = lasts
        self._told = told
        self._plans: dict[str, Plan] = {}

    def arm(self, key: str, plan: Plan) -> None:
        """Have *plan* done to each job that begins to train from now on."""
        self._plans[key] = plan

    def done(self, key: str) -> int:
        """Return how often the plan *key* was done."""
        return self._plans[key].done if key in self._plans else 0

    def training(self, job: TrainingJob) -> None:
        """Take note that *job* trains now; on the gateway's loop."""
        if not job.request.spot:
            return
        for plan in self._plans.values():
            if plan.job in ("", job.name) and plan.done < plan.times:
                plan.done += 1
                speed = self._clock.speed if self._lasts(job) else 1.0
                asyncio.get_running_loop().call_later(plan.running_s / speed, self._act, plan, job)
                return

    def _act(self, plan: Plan, job: TrainingJob) -> None:
        if self._interrupt(job.name):
            self._told(job.name)
        else:
            plan.done -= 1  # it had ended before
