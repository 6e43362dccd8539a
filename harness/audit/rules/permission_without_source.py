"""A service may invoke a function for whoever asks it to."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.permissions import PERMISSION
from harness.audit.plain import text
from harness.audit.view import View

SHARED = ("s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com", "apigateway.amazonaws.com")


def check(view: View) -> Iterator[Found]:
    """Yield each permission for a service, or for everybody, that no source narrows."""
    for one in view.of_type(PERMISSION):
        given, principal = one.properties, text(one.properties.get("Principal"))
        if any(
            given.get(each) for each in ("SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken")
        ):
            continue
        if given.get("FunctionUrlAuthType"):
            continue
        if principal == "*" or principal in SHARED:
            message = f"{principal} may invoke the function of {one.logical_id} on behalf of any account"
            yield Found(one, message, "SourceArn")


RULE = Rule(
    id="permission-without-source",
    title="A permission that names no source",
    severity="warning",
    why="A service acts for every AWS account: without SourceArn or SourceAccount anybody's topic, bucket, "
    "rule or API may invoke the function (the confused deputy).",
    source="https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html",
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
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunction
      Principal: s3.amazonaws.com
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
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunction
      Principal: s3.amazonaws.com
      SourceArn: arn:aws:s3:::uploads-of-ours
      SourceAccount: !Ref AWS::AccountId
""",
)
