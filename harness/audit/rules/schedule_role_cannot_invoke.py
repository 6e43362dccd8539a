"""A schedule's role may not do what the schedule is for."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION, QUEUE, ROLE, TOPIC
from harness.audit.permissions import invoked, may, policies_of
from harness.audit.triggers import edges
from harness.audit.view import View

ACTIONS = {QUEUE: "sqs:SendMessage", TOPIC: "sns:Publish", FUNCTION: "lambda:InvokeFunction"}


def check(view: View) -> Iterator[Found]:
    """Yield each schedule whose role may not invoke, send to or publish to its target."""
    for edge in edges(view):
        if edge.kind != "schedule":
            continue
        role = view.find(edge.given.get("RoleArn"), ROLE)
        called = invoked(view, edge.target)
        end = called.function if called is not None else view.find(edge.target, QUEUE, TOPIC)
        if role is None or end is None:
            continue
        action, by = ACTIONS[end.type], [each.document for each in policies_of(view, end)]
        if may(view, role, action, edge.target if called is not None else view.arn(end), by=by) is False:
            message = (
                f"role {role.logical_id} may not {action} on {end.logical_id}: schedule "
                f"{edge.declared.logical_id} does nothing"
            )
            yield Found(edge.declared, message, "Target.RoleArn")


RULE = Rule(
    id="schedule-role-cannot-invoke",
    title="A schedule's role may not invoke its target",
    severity="error",
    why="EventBridge Scheduler acts under the target's role alone: without lambda:InvokeFunction "
    "(sqs:SendMessage, sns:Publish) each run fails, and only a dead-letter queue would tell.",
    source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: scheduler.amazonaws.com}, Action: sts:AssumeRole}]
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: !GetAtt Worker.Arn, RoleArn: !GetAtt Role.Arn}
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: scheduler.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Worker.Arn}
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: !GetAtt Worker.Arn, RoleArn: !GetAtt Role.Arn}
""",
)
