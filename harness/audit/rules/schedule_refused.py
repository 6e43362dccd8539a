"""A schedule of EventBridge Scheduler that it does not take."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import text
from harness.audit.triggers import SCHEDULE
from harness.audit.view import View
from harness.errors import RequestRefused
from harness.functions.schedules import scheduler_schedule


def check(view: View) -> Iterator[Found]:
    """Yield each schedule whose ScheduleExpression CreateSchedule refuses."""
    for one in view.of_type(SCHEDULE):
        expression = text(one.properties.get("ScheduleExpression"))
        zone = text(one.properties.get("ScheduleExpressionTimezone")) or "UTC"
        try:
            scheduler_schedule(expression, zone)
        except RequestRefused as error:
            yield Found(one, f"EventBridge Scheduler refuses {expression!r}: {error}", "ScheduleExpression")


RULE = Rule(
    id="schedule-refused",
    title="A schedule that EventBridge Scheduler refuses",
    severity="error",
    why="CreateSchedule answers ValidationException: Invalid Schedule Expression; emulators take it. It is "
    "at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron with six fields.",
    source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
    check=check,
    failing="""
Resources:
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(0 8 * * *)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: arn:aws:sqs:us-east-1:000000000000:jobs, RoleArn: arn:aws:iam::000000000000:role/s}
""",
    passing="""
Resources:
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(0 8 * * ? *)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: arn:aws:sqs:us-east-1:000000000000:jobs, RoleArn: arn:aws:iam::000000000000:role/s}
""",
)
