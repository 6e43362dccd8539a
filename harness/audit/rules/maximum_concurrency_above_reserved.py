"""A mapping may start more of a function than is reserved for it."""

from collections.abc import Iterator

from harness.audit.functions import reserved
from harness.audit.model import Found, Rule
from harness.audit.plain import inside, number
from harness.audit.queues import fed
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each mapping whose MaximumConcurrency is above the function's reserved concurrency."""
    for edge, _, function in fed(view):
        most, own = number(inside(edge.given, "ScalingConfig.MaximumConcurrency")), reserved(function)
        if most is not None and own is not None and most > own:
            message = f"MaximumConcurrency {most:g} is above the {own:g} reserved for {function.logical_id}"
            yield Found(edge.declared, message, "ScalingConfig")


RULE = Rule(
    id="maximum-concurrency-above-reserved",
    title="Maximum concurrency above what is reserved",
    severity="warning",
    why="\"Don't set maximum concurrency higher than the function's reserved concurrency\": messages are "
    "received, throttled, and come nearer to the dead-letter queue without having been tried.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      ReservedConcurrentExecutions: 5
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      ScalingConfig: {MaximumConcurrency: 20}
""",
    passing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      ReservedConcurrentExecutions: 20
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      ScalingConfig: {MaximumConcurrency: 5}
""",
)
