"""Every figure about jobs that AWS does not document, as a setting with a default."""

from dataclasses import dataclass

from harness.errors import ScenarioError
from harness.scaling.unknowns import above_zero, at_least_zero, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """How jobs are launched, and what spot capacity is like. Spans in model seconds."""

    job_launch_s: float = setting(
        60.0,
        "Creation to TrainingStartTime: SageMaker documents none; users' logs show one to four minutes of "
        "'Starting the training job' and 'Preparing the instances'. It is not billed.",
        low=20.0,
        high=240.0,
    )
    spot_wait_s: float = setting(
        120.0,
        "How long managed spot training waits for capacity after an interruption; AWS documents the limit "
        "(MaxWaitTimeInSeconds) and no figure.",
        low=0.0,
        high=3600.0,
    )
    spot_price_ratio: float = setting(
        0.3,
        "BillableTimeInSeconds over TrainingTimeInSeconds in managed spot training: the guide says 'up to "
        "90% savings'; its users' logs show 60 to 70 %.",
        low=0.1,
        high=0.5,
    )

    def __post_init__(self) -> None:
        at_least_zero(self, "job_launch_s", "spot_wait_s")
        above_zero(self, "spot_price_ratio")
        if self.spot_price_ratio > 1.0:
            raise ScenarioError(
                f"JobSettings.spot_price_ratio is {self.spot_price_ratio:g}; spot costs no more than on "
                "demand, so it is at most 1"
            )
