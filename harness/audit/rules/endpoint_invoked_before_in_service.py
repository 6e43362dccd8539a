"""Code makes an endpoint and calls it without waiting for it."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.rules._code import at
from harness.audit.view import View

WAITING = {"get_waiter", "describe_endpoint", "EndpointStatus"}


def check(view: View) -> Iterator[Found]:
    """Yield each endpoint that code makes or changes and calls without a look at its status."""
    for logical_id, code in codes(view).items():
        made = next(
            (each for each in code.calls if each.method in ("create_endpoint", "update_endpoint")), None
        )
        called = any(each.method == "invoke_endpoint" for each in code.calls)
        if made is not None and made.service == "sagemaker" and called and not WAITING & code.words:
            yield at(
                view, logical_id, made, f"{made.method} takes minutes, and the endpoint is called at once"
            )


RULE = Rule(
    id="endpoint-invoked-before-in-service",
    title="An endpoint that is called before it is in service",
    severity="error",
    why="An endpoint is Creating for minutes, and may end Failed; until it is InService a call is refused "
    "(ValidationError). Emulators have it InService at once. Wait with "
    'get_waiter("endpoint_in_service").',
    source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import boto3

          sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")

          def handler(event, context):
              sagemaker.create_endpoint(EndpointName="dogs", EndpointConfigName="dogs")
              return runtime.invoke_endpoint(EndpointName="dogs", Body=event["body"])["Body"].read()
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import boto3

          sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")

          def handler(event, context):
              sagemaker.create_endpoint(EndpointName="dogs", EndpointConfigName="dogs")
              sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="dogs")
              return runtime.invoke_endpoint(EndpointName="dogs", Body=event["body"])["Body"].read()
""",
)
