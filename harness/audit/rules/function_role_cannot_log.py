"""A function's role may not write its log."""

from collections.abc import Iterator

from harness.audit.functions import functions_with_roles
from harness.audit.model import Found, Rule
from harness.audit.permissions import may
from harness.audit.plain import inside, text
from harness.audit.view import View
from harness.templates.model import Resource

NEEDS = ("logs:CreateLogStream", "logs:PutLogEvents")


def _group(name: str, function: Resource) -> str:
    given = inside(function.properties, "LoggingConfig.LogGroup")
    return text(given) or f"/aws/lambda/{name}"


def check(view: View) -> Iterator[Found]:
    """Yield each function whose role may not put events into its log group."""
    for function, role in functions_with_roles(view):
        name = _group(view.name(function), function)
        group = f"arn:{view.partition}:logs:{view.region}:{view.account}:log-group:{name}"
        lacking = [each for each in NEEDS if may(view, role, each, f"{group}:log-stream:one") is False]
        if lacking:
            message = (
                f"role {role.logical_id} may not {' or '.join(lacking)}: function "
                f"{function.logical_id} leaves no log"
            )
            yield Found(function, message, "Role")


RULE = Rule(
    id="function-role-cannot-log",
    title="A function's role may not write its log",
    severity="warning",
    why="Lambda writes the log under the function's role; without logs:CreateLogStream and "
    "logs:PutLogEvents there is none, and nothing says so. AWSLambdaBasicExecutionRole has them.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]
""",
)
