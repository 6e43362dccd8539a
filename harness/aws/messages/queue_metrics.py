"""What CloudWatch shows of a queue once a minute, in the namespace AWS/SQS.

SQS developer guide, "Available CloudWatch metrics for Amazon SQS": names, units, the dimension QueueName. Of
the emulators only LocalStack publishes any of them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.aws.messages.tallies import Tally
from harness.journal import QueueSampled

NAMESPACE = "AWS/SQS"


@dataclass(frozen=True, slots=True)
class QueueDatapoint:
    """One statistic set of one metric of a queue; `epoch_s` is the start of its minute."""

    queue: str
    metric: str
    unit: str
    epoch_s: float
    sum: float
    count: float
    minimum: float
    maximum: float
    namespace: str = NAMESPACE

    def as_datum(self) -> dict[str, Any]:
        """Return it as PutMetricData takes it."""
        return {
            "MetricName": self.metric,
            "Dimensions": [{"Name": "QueueName", "Value": self.queue}],
            "Timestamp": datetime.fromtimestamp(self.epoch_s, UTC),
            "StatisticValues": {
                "SampleCount": self.count,
                "Sum": self.sum,
                "Minimum": self.minimum,
                "Maximum": self.maximum,
            },
            "Unit": self.unit,
        }


def datapoints(sample: QueueSampled, tally: Tally, epoch_s: float) -> list[QueueDatapoint]:
    """Return the minute's datapoints: counts as they stand at its end, what happened as sums over it."""

    def one(metric: str, value: float, unit: str = "Count") -> QueueDatapoint:
        return QueueDatapoint(sample.queue, metric, unit, epoch_s, value, 1.0, value, value)

    found = [
        one("ApproximateNumberOfMessagesVisible", sample.visible),
        one("ApproximateNumberOfMessagesNotVisible", sample.in_flight),
        one("ApproximateNumberOfMessagesDelayed", sample.delayed),
        one("ApproximateAgeOfOldestMessage", sample.oldest_s or 0.0, "Seconds"),
        one("NumberOfMessagesSent", tally.sent),
        one("NumberOfMessagesReceived", tally.received),
        one("NumberOfMessagesDeleted", tally.deleted),
        one("NumberOfEmptyReceives", tally.empty_receives),
    ]
    if tally.sent:
        sizes = (tally.bytes_sum, tally.sent, tally.bytes_least, tally.bytes_most)
        found.append(QueueDatapoint(sample.queue, "SentMessageSize", "Bytes", epoch_s, *sizes))
    return found
