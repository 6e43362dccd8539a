"""A function does not let the API in that calls it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.permissions import permissions_of
from harness.audit.plain import text
from harness.audit.triggers import to_functions
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each integration of a function that API Gateway may not invoke, for any API."""
    for edge, called in to_functions(view, "api"):
        integration = edge.given
        if integration.get("Credentials") or integration.get("CredentialsArn"):
            continue  # the API calls under a role of its own
        let_in = [text(one.properties.get("Principal")) for one in permissions_of(view, called)]
        if not {"apigateway.amazonaws.com", "*"} & set(let_in):
            function = called.function.logical_id
            message = (
                f"apigateway.amazonaws.com may not invoke function {function} for {edge.declared.logical_id}"
            )
            yield Found(edge.declared, message, edge.path)


RULE = Rule(
    id="function-refuses-its-api",
    title="A function does not let the API in that calls it",
    severity="error",
    why="API Gateway answers 500 (Internal Server Error) to every call; the console adds the permission, a "
    "template does not. Add an AWS::Lambda::Permission for apigateway.amazonaws.com with the API's "
    "execute-api ARN as SourceArn.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
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
      Code: {S3Bucket: code, S3Key: worker.zip}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: api, ProtocolType: HTTP}}
  ApiToWorker:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Worker.Arn}
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*
""",
)
