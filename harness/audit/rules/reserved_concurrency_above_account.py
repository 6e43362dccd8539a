"""More concurrency is reserved than the account has."""

from collections.abc import Iterator

from harness.audit.functions import reserved
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.view import View
from harness.functions.refusals import LEAST_UNRESERVED


def check(view: View) -> Iterator[Found]:
    """Yield the function with which the reservations leave less than 100 to all others."""
    left = float(view.account_concurrency - LEAST_UNRESERVED)
    for function in view.of_type(FUNCTION):
        own = reserved(function) or 0.0
        left -= own
        if own and left < 0:
            message = (
                f"with {own:g} for {function.logical_id}, {-left:g} more are reserved "
                f"than {view.account_concurrency:,} less 100"
            )
            yield Found(function, message, "ReservedConcurrentExecutions")


RULE = Rule(
    id="reserved-concurrency-above-account",
    title="More concurrency reserved than the account has",
    severity="error",
    why="Lambda refuses it: \"decreases account's UnreservedConcurrentExecution below its minimum value of "
    '[100]". A new account has 1,000 concurrent executions in a region, often fewer at first '
    "(--account-concurrency says how many yours has).",
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
      ReservedConcurrentExecutions: 950
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
      ReservedConcurrentExecutions: 50
      Code: {S3Bucket: code, S3Key: worker.zip}
""",
)
