"""A queue that feeds a function gives messages up before the function had its chance."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.queues import fed, max_receive_count
from harness.audit.view import View

LEAST = 5


def check(view: View) -> Iterator[Found]:
    """Yield each queue that feeds a function with a maxReceiveCount of 2 to 4; another rule has 1."""
    for _, queue, function in fed(view):
        count = max_receive_count(queue)
        if count is not None and 1 < count < LEAST:
            message = (
                f"queue {queue.logical_id} feeds function {function.logical_id} "
                f"and gives up after {count:g} receives"
            )
            yield Found(queue, message, "RedrivePolicy.maxReceiveCount")


RULE = Rule(
    id="max-receive-count-below-five",
    title="maxReceiveCount is below 5 on a queue that feeds a function",
    severity="note",
    why="Lambda receives a batch before it knows whether the function has room: throttles count as "
    'receives. "Set the maxReceiveCount on the source queue\'s redrive policy to at least 5."',
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}}
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
  Dead: {Type: AWS::SQS::Queue}
""",
    passing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}}
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
  Dead: {Type: AWS::SQS::Queue}
""",
)
