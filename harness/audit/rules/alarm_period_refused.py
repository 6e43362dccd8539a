"""An alarm's period is none that CloudWatch takes, or finer than its metric."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import number, text
from harness.audit.view import View

SHORT_S = (10, 20, 30)
BY_THE_MINUTE = ("AWS/SQS", "AWS/SNS", "AWS/Lambda", "AWS/SageMaker", "AWS/DynamoDB", "AWS/ApiGateway")


def check(view: View) -> Iterator[Found]:
    """Yield each alarm whose Period CloudWatch refuses, or in which a metric of AWS's has mostly no data."""
    for alarm in view.of_type("AWS::CloudWatch::Alarm"):
        period = number(alarm.properties.get("Period"))
        if period is None:
            continue
        if period not in SHORT_S and (period < 60 or period % 60):
            message = f"Period {period:g}; CloudWatch takes 10, 20, 30 and multiples of 60"
            yield Found(alarm, message, "Period")
        elif period < 60 and text(alarm.properties.get("Namespace")) in BY_THE_MINUTE:
            message = f"Period {period:g} over a metric that comes once a minute: most periods have no data"
            yield Found(alarm, message, "Period")


RULE = Rule(
    id="alarm-period-refused",
    title="An alarm period that CloudWatch refuses, or has no data for",
    severity="error",
    why="PutMetricAlarm takes 10, 20, 30 and multiples of 60; below 60 only high-resolution metrics have "
    "data in each period, and AWS's own come once a minute: the alarm is INSUFFICIENT_DATA in between. "
    "Some emulators let an alarm ring at once, others never.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    check=check,
    failing="""
Resources:
  Busy:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{Name: QueueName, Value: jobs}]
      Statistic: Maximum
      Period: 45
      EvaluationPeriods: 1
      Threshold: 100
      ComparisonOperator: GreaterThanThreshold
""",
    passing="""
Resources:
  Busy:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{Name: QueueName, Value: jobs}]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 100
      ComparisonOperator: GreaterThanThreshold
""",
)
