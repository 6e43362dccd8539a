"""Questions about jobs: how many came to which end, how long they took, and what their metrics say."""

from harness.journal import JobCreated, JobEnded, JobMetric
from harness.scenario.expectations.expectation import Expectation, Measured, Question, Records, of_kind

NEEDS = "jobs that run"
COMPLETED = "Completed"


def jobs(status: str = COMPLETED, *, kind: str = "training", begins_with: str = "") -> Question:
    """Ask for the number of jobs that ended in *status*; only of those whose names begin so, where said."""

    def measure(records: Records) -> Measured:
        created = [
            one
            for one in of_kind(records, JobCreated)
            if one.kind == kind and one.job.startswith(begins_with)
        ]
        if not created:
            return None, f"No {kind} job{_of(begins_with)} was created"
        names = {one.job for one in created}
        ended = [one for one in of_kind(records, JobEnded) if one.kind == kind and one.job in names]
        count = sum(one.status == status for one in ended)
        others = [f"{one.job}: {one.reason}" for one in ended if one.status != status]
        told = f"{count} of {len(created)} {kind} jobs{_of(begins_with)} ended as {status}"
        return count, f"{told}; {'; '.join(others)}" if others else told

    named = f"{kind} jobs{_of(begins_with)}: {status}"
    return Expectation(named, measure, "jobs", needs=NEEDS)


def job_seconds(job: str) -> Question:
    """Ask how long the instances of *job* were had: TrainingTimeInSeconds."""

    def measure(records: Records) -> Measured:
        ended = of_kind(records, JobEnded, job=job)
        if not ended:
            return None, f"{job} did not end"
        one = ended[-1]
        shown = f"{job} had {one.instance_count} x {one.instance_type} for {one.training_s:g} s"
        return one.training_s, shown

    return Expectation(f"{job}: training time", measure, "s", needs=NEEDS)


def billable_seconds(job: str) -> Question:
    """Ask for BillableTimeInSeconds of *job*, that of one instance."""

    def measure(records: Records) -> Measured:
        ended = of_kind(records, JobEnded, job=job)
        if not ended:
            return None, f"{job} did not end"
        return ended[-1].billable_s, f"{job} is billed for {ended[-1].billable_s:g} s of each instance"

    return Expectation(f"{job}: billable time", measure, "s", needs=NEEDS)


def job_metric(job: str, metric: str, unit: str = "") -> Question:
    """Ask for the final value of *metric* of *job*: the last that its log shows."""

    def measure(records: Records) -> Measured:
        values = of_kind(records, JobMetric, job=job, metric=metric)
        if not values:
            return None, f"The log of {job} shows no {metric}"
        return values[-1].value, f"{metric} of {job} was {values[-1].value:g} in the end"

    return Expectation(f"{job}: {metric}", measure, unit, needs=NEEDS)


def _of(prefix: str) -> str:
    return f" {prefix}*" if prefix else ""
