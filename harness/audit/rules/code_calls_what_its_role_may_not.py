"""Code makes a call that its role is not allowed on anything."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.permissions import grants
from harness.audit.rules._code import actions, at, runs_under
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each call of a function's or worker's code whose action no policy of its role allows."""
    for logical_id, code in codes(view).items():
        role, told = runs_under(view, logical_id), set()
        for call in code.calls if role is not None else ():
            needed = actions(call)
            if role is None or needed in told or any(grants(view, role, a) is not False for a in needed):
                continue
            told.add(needed)
            lacking = f"which role {role.logical_id} is not allowed"
            if needed:
                yield at(view, logical_id, call, f"{call.method} needs {' or '.join(needed)}, {lacking}")


RULE = Rule(
    id="code-calls-what-its-role-may-not",
    title="Code calls what its role may not",
    severity="error",
    why="IAM refuses the call with AccessDenied when the function runs; emulators without IAM let it pass. "
    "Allow the action on what it is about.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
    check=check,
    failing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import boto3

          s3 = boto3.client("s3")

          def handler(event, context):
              return s3.get_object(Bucket="images", Key=event["key"])["ContentLength"]
""",
    passing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: images
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::images/*"}]
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import boto3

          s3 = boto3.client("s3")

          def handler(event, context):
              return s3.get_object(Bucket="images", Key=event["key"])["ContentLength"]
""",
)
