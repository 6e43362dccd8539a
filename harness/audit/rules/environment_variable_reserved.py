"""A function sets a variable that is Lambda's own."""

from collections.abc import Iterator

from harness.audit.functions import environment
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.view import View
from harness.scenario.functions import RESERVED_VARIABLES


def check(view: View) -> Iterator[Found]:
    """Yield each function that sets variables which Lambda reserves."""
    for function in view.of_type(FUNCTION):
        own = sorted(RESERVED_VARIABLES & set(environment(function)))
        if own:
            message = f"function {function.logical_id} sets {', '.join(own)}, reserved by Lambda"
            yield Found(function, message, "Environment.Variables")


RULE = Rule(
    id="environment-variable-reserved",
    title="A reserved environment variable",
    severity="error",
    why='Lambda refuses it: "Lambda was unable to configure your environment variables because the '
    "environment variables you have provided contains reserved keys that are currently not supported "
    'for modification."',
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Environment: {Variables: {AWS_REGION: eu-west-1}}
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
      Environment: {Variables: {BUCKET_REGION: eu-west-1}}
      Code: {S3Bucket: code, S3Key: worker.zip}
""",
)
