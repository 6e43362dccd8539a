"""Provisioned concurrency for $LATEST."""

from collections.abc import Iterator

from harness.audit.functions import provisioned
from harness.audit.model import Found, Rule
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield what is provisioned on $LATEST."""
    for one in provisioned(view):
        if one.on_latest:
            message = (
                f"{one.declared.logical_id} provisions {one.count:g} on $LATEST, for which Lambda has none"
            )
            yield Found(one.declared, message, one.path)


RULE = Rule(
    id="provisioned-on-latest",
    title="Provisioned concurrency on $LATEST",
    severity="error",
    why='Lambda refuses it: "Provisioned Concurrency Configs cannot be applied to unpublished function '
    'versions." Publish a version, and let the alias point at it.',
    source="https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
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
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Worker}}
  Live:
    Type: AWS::Lambda::Alias
    Properties:
      FunctionName: !Ref Worker
      FunctionVersion: "$LATEST"
      Name: live
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 3}
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
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Worker}}
  Live:
    Type: AWS::Lambda::Alias
    Properties:
      FunctionName: !Ref Worker
      FunctionVersion: !GetAtt Version.Version
      Name: live
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 3}
""",
)
