"""What a training job took, and for how long SageMaker bills it.

API reference, DescribeTrainingJob: one is billed from TrainingStartTime to TrainingEndTime, on each of the
instances; with managed spot training, (1 - BillableTimeInSeconds / TrainingTimeInSeconds) is the saving.
"""

from dataclasses import dataclass

from harness.jobs.settings import JobSettings


@dataclass(frozen=True, slots=True)
class Times:
    """TrainingTimeInSeconds and BillableTimeInSeconds, whole seconds; each is that of one instance."""

    training_s: int
    billable_s: int


def times(span_s: float, settings: JobSettings, *, spot: bool) -> Times:
    """Return the times of a job that had its instances for *span_s*, every attempt of it counted."""
    training = _whole(span_s)
    return Times(training, _whole(span_s * settings.spot_price_ratio) if spot else training)


def _whole(seconds: float) -> int:
    """Return *seconds* as SageMaker shows them; what has run at all has run for one."""
    return max(round(seconds), 1) if seconds > 0.0 else 0
