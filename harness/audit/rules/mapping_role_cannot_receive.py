"""A function is fed from a queue that its role may not read."""

from collections.abc import Iterator

from harness.audit.functions import role_of
from harness.audit.model import Found, Rule
from harness.audit.permissions import may, policies_of
from harness.audit.queues import fed
from harness.audit.view import View

NEEDS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def check(view: View) -> Iterator[Found]:
    """Yield each mapping whose function's role lacks what Lambda's poller does under it."""
    for edge, queue, function in fed(view):
        role = role_of(view, function)
        if role is None:
            continue
        by = [each.document for each in policies_of(view, queue)]
        lacking = [each for each in NEEDS if may(view, role, each, view.arn(queue), by=by) is False]
        if lacking:
            message = (
                f"role {role.logical_id} of {function.logical_id} may not "
                f"{', '.join(lacking)} on {queue.logical_id}"
            )
            yield Found(edge.declared, message)


RULE = Rule(
    id="mapping-role-cannot-receive",
    title="A function's role may not read the queue that feeds it",
    severity="error",
    why='CreateEventSourceMapping refuses it: "The provided execution role does not have permissions to '
    'call ReceiveMessage on SQS". The role needs sqs:ReceiveMessage, sqs:DeleteMessage and '
    "sqs:GetQueueAttributes, as in AWSLambdaSQSQueueExecutionRole.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]
""",
    passing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole]
""",
)
