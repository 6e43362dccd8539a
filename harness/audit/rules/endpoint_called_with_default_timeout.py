"""A function with Lambda's three seconds calls an endpoint that may take sixty."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.functions import TIMEOUT_S, timeout_s
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.rules._code import at
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each call of an endpoint by a function whose timeout is 3 s or less."""
    for logical_id, code in codes(view).items():
        function = view.resources[logical_id]
        own = timeout_s(function) if function.type == FUNCTION else None
        for call in code.calls if own is not None and own <= TIMEOUT_S else ():
            if (
                call.service in ("sagemaker-runtime", "runtime.sagemaker")
                and call.method == "invoke_endpoint"
            ):
                yield at(
                    view,
                    logical_id,
                    call,
                    f"{logical_id} times out after {own:g} s; an endpoint may take 60 s to answer",
                )


RULE = Rule(
    id="endpoint-called-with-default-timeout",
    title="An endpoint called under the default timeout",
    severity="warning",
    why="Lambda ends the function after its Timeout, 3 s by default; a model may take up to 60 s, and a "
    "busy one queues. The call is lost, and counted as an error of the function.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html#your-algorithms-inference-code-how-containe-serves-requests",
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

          runtime = boto3.client("sagemaker-runtime")

          def handler(event, context):
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
      Timeout: 70
      Code:
        ZipFile: |
          import boto3

          runtime = boto3.client("sagemaker-runtime")

          def handler(event, context):
              return runtime.invoke_endpoint(EndpointName="dogs", Body=event["body"])["Body"].read()
""",
)
