"""A rule's schedule that EventBridge does not take."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import RULE as EVENTS_RULE
from harness.audit.plain import text
from harness.audit.view import View
from harness.errors import RequestRefused
from harness.functions.schedules import rule_schedule


def check(view: View) -> Iterator[Found]:
    """Yield each rule whose ScheduleExpression PutRule refuses."""
    for one in view.of_type(EVENTS_RULE):
        expression = text(one.properties.get("ScheduleExpression"))
        try:
            if expression:
                rule_schedule(expression)
        except RequestRefused as error:
            yield Found(one, f"EventBridge refuses {expression!r}: {error}", "ScheduleExpression")


RULE = Rule(
    id="rule-schedule-refused",
    title="A schedule that EventBridge refuses",
    severity="error",
    why='PutRule answers "Parameter ScheduleExpression is not valid"; emulators take it. A rate of 1 has a '
    "singular unit (rate(1 minute)), any other a plural one (rate(5 minutes)); cron has six fields, one "
    "of day-of-month and day-of-week a question mark.",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html",
    check=check,
    failing="""
Resources:
  Nightly: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 minutes)}}
""",
    passing="""
Resources:
  Nightly: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 minute)}}
""",
)
