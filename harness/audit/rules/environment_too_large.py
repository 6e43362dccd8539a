"""The environment variables of a function are more than Lambda takes."""

from collections.abc import Iterator

from harness.audit.functions import environment
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.view import View
from harness.scenario.functions import ENVIRONMENT_BYTES


def check(view: View) -> Iterator[Found]:
    """Yield each function whose variables are above 4 KB together."""
    for function in view.of_type(FUNCTION):
        size = sum(len(name) + len(str(value).encode()) for name, value in environment(function).items())
        if size > ENVIRONMENT_BYTES:
            message = (
                f"the environment of {function.logical_id} has {size:,} bytes; "
                f"Lambda takes {ENVIRONMENT_BYTES:,}"
            )
            yield Found(function, message, "Environment.Variables")


RULE = Rule(
    id="environment-too-large",
    title="An environment above 4 KB",
    severity="error",
    why='Lambda refuses it: "Lambda was unable to configure your environment variables because the '
    'environment variables you have provided exceeded the 4KB limit." Put it into a file of the '
    "package, or into S3.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Environment: {Variables: {LABELS: LONG}}
      Code: {S3Bucket: code, S3Key: worker.zip}
""".replace("LONG", "x" * 4_200),
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Environment: {Variables: {LABELS: s3://datasets/labels.json}}
      Code: {S3Bucket: code, S3Key: worker.zip}
""",
)
