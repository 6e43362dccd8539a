"""A function's role may not leave failures where they are to go."""

from collections.abc import Iterator

from harness.audit.functions import role_of
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION, QUEUE, TOPIC
from harness.audit.permissions import invoked, may, policies_of
from harness.audit.plain import inside, text
from harness.audit.view import View
from harness.templates.model import Resource

ACTIONS = {QUEUE: "sqs:SendMessage", TOPIC: "sns:Publish", FUNCTION: "lambda:InvokeFunction"}


def _ends(view: View) -> Iterator[tuple[Resource, str, Resource, str]]:
    """Yield where each function's failures and successes go: declared by, at, of which function, to what."""
    for function in view.of_type(FUNCTION):
        arn = text(inside(function.properties, "DeadLetterConfig.TargetArn"))
        if arn:
            yield function, "DeadLetterConfig", function, arn
    for one in view.of_type("AWS::Lambda::EventInvokeConfig"):
        called = invoked(view, one.properties.get("FunctionName"))
        for outcome in ("OnFailure", "OnSuccess") if called is not None else ():
            arn = text(inside(one.properties, f"DestinationConfig.{outcome}.Destination"))
            if called is not None and arn:
                yield one, f"DestinationConfig.{outcome}", called.function, arn


def check(view: View) -> Iterator[Found]:
    """Yield each dead-letter target and destination that the function's role may not send to."""
    for declared, path, function, arn in _ends(view):
        role = role_of(view, function)
        end = view.find(arn, QUEUE, TOPIC, FUNCTION)
        if role is None or end is None:
            continue
        by = [each.document for each in policies_of(view, end)]
        if may(view, role, ACTIONS[end.type], view.arn(end), by=by) is False:
            message = (
                f"role {role.logical_id} of {function.logical_id} may not "
                f"{ACTIONS[end.type]} on {end.logical_id}"
            )
            yield Found(declared, message, path)


RULE = Rule(
    id="destination-role-cannot-send",
    title="A function's role may not send to its destination",
    severity="error",
    why='Lambda refuses the configuration: "The provided execution role does not have permissions to call '
    'SendMessage on SQS". Allow sqs:SendMessage, sns:Publish or lambda:InvokeFunction on the target.',
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: app.handler
      Runtime: python3.12
      DeadLetterConfig: {TargetArn: !GetAtt Dead.Arn}
      Code: {S3Bucket: code, S3Key: worker.zip}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  Dead: {Type: AWS::SQS::Queue}
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: app.handler
      Runtime: python3.12
      DeadLetterConfig: {TargetArn: !GetAtt Dead.Arn}
      Code: {S3Bucket: code, S3Key: worker.zip}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Dead.Arn}
  Dead: {Type: AWS::SQS::Queue}
""",
)
