"""What CloudWatch shows of the metrics of training jobs.

The namespace and the dimension are those that the SageMaker SDK's TrainingJobAnalytics asks for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

NAMESPACE = "/aws/sagemaker/TrainingJobs"


@dataclass(frozen=True, slots=True)
class JobDatapoint:
    """One value of one metric of a training job."""

    job: str
    metric: str
    value: float
    epoch_s: float
    namespace: str = NAMESPACE

    def as_datum(self) -> dict[str, Any]:
        """Return it as PutMetricData takes it."""
        return {
            "MetricName": self.metric,
            "Dimensions": [{"Name": "TrainingJobName", "Value": self.job}],
            "Timestamp": datetime.fromtimestamp(self.epoch_s, UTC),
            "StatisticValues": {
                "SampleCount": 1.0,
                "Sum": self.value,
                "Minimum": self.value,
                "Maximum": self.value,
            },
            "Unit": "None",
        }
