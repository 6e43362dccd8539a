"""A function behind an API may take longer than the API waits."""

from collections.abc import Iterator

from harness.audit.functions import timeout_s
from harness.audit.model import Found, Rule
from harness.audit.plain import number
from harness.audit.triggers import to_functions
from harness.audit.view import View

REST_MS, HTTP_MS = 29_000, 30_000


def check(view: View) -> Iterator[Found]:
    """Yield each function whose timeout is above that of the API in front of it."""
    for edge, called in to_functions(view, "api"):
        rest = edge.declared.type.startswith("AWS::ApiGateway::")
        given = number(edge.given.get("TimeoutInMillis", REST_MS if rest else HTTP_MS))
        own = timeout_s(called.function)
        if given is not None and own is not None and own * 1000 > given:
            message = (
                f"function {called.function.logical_id} may take {own:g} s, the API waits {given / 1000:g} s"
            )
            yield Found(called.function, message, "Timeout")


RULE = Rule(
    id="function-slower-than-its-api",
    title="A function that outlasts its API",
    severity="warning",
    why="API Gateway answers 503 or 504 after 30 s (HTTP APIs) or 29 s (REST APIs), while the function goes "
    "on and is paid for. Lower the timeout, or answer asynchronously.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Timeout: 120
      Code: {S3Bucket: code, S3Key: worker.zip}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: api, ProtocolType: HTTP}}
  ApiToWorker:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Worker.Arn}
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Timeout: 20
      Code: {S3Bucket: code, S3Key: worker.zip}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: api, ProtocolType: HTTP}}
  ApiToWorker:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Worker.Arn}
""",
)
