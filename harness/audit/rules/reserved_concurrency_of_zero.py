"""A function that may not run."""

from collections.abc import Iterator

from harness.audit.functions import reserved
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each function with ReservedConcurrentExecutions 0."""
    for function in view.of_type(FUNCTION):
        if reserved(function) == 0:
            message = f"function {function.logical_id} has 0 reserved: every invocation is throttled"
            yield Found(function, message, "ReservedConcurrentExecutions")


RULE = Rule(
    id="reserved-concurrency-of-zero",
    title="A function with a reserved concurrency of 0",
    severity="warning",
    why="0 switches the function off: synchronous calls get 429, asynchronous events go to the dead-letter "
    "queue or are dropped.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      ReservedConcurrentExecutions: 0
      Code: {S3Bucket: code, S3Key: worker.zip}
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      ReservedConcurrentExecutions: 5
      Code: {S3Bucket: code, S3Key: worker.zip}
""",
)
