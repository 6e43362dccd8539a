"""A mapping's maximum concurrency is none that Lambda takes."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import inside, number
from harness.audit.triggers import mappings
from harness.audit.view import View

LEAST, MOST = 2, 1_000


def check(view: View) -> Iterator[Found]:
    """Yield each mapping whose MaximumConcurrency is out of range."""
    for edge, _, _ in mappings(view):
        most = number(inside(edge.given, "ScalingConfig.MaximumConcurrency"))
        if most is not None and not LEAST <= most <= MOST:
            yield Found(
                edge.declared,
                f"MaximumConcurrency is {most:g}; Lambda takes {LEAST} to {MOST:,}",
                "ScalingConfig",
            )


RULE = Rule(
    id="maximum-concurrency-out-of-range",
    title="A maximum concurrency that Lambda refuses",
    severity="error",
    why="CreateEventSourceMapping takes 2 to 1,000. For one batch at a time reserve a concurrency of 1, or "
    "use a FIFO queue with one message group.",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html",
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
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      ScalingConfig: {MaximumConcurrency: 1}
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
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      ScalingConfig: {MaximumConcurrency: 2}
""",
)
