"""More concurrency is provisioned than is reserved."""

from collections.abc import Iterator

from harness.audit.functions import provisioned, reserved
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each function whose versions and aliases provision more than is reserved for it."""
    for function in view.of_type(FUNCTION):
        own = [one for one in provisioned(view) if one.function == function]
        asked, most = sum(one.count for one in own), reserved(function)
        if own and most is not None and asked > most:
            message = f"{asked:g} are provisioned of function {function.logical_id}, {most:g} reserved"
            yield Found(own[-1].declared, message, own[-1].path)


RULE = Rule(
    id="provisioned-above-reserved",
    title="Provisioned concurrency above the reserved",
    severity="error",
    why='Lambda refuses it: "Requested Provisioned Concurrency should not be greater than the '
    'reservedConcurrentExecution for function".',
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
      ReservedConcurrentExecutions: 3
      Code: {S3Bucket: code, S3Key: worker.zip}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Worker}}
  Live:
    Type: AWS::Lambda::Alias
    Properties:
      FunctionName: !Ref Worker
      FunctionVersion: !GetAtt Version.Version
      Name: live
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 5}
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      ReservedConcurrentExecutions: 10
      Code: {S3Bucket: code, S3Key: worker.zip}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Worker}}
  Live:
    Type: AWS::Lambda::Alias
    Properties:
      FunctionName: !Ref Worker
      FunctionVersion: !GetAtt Version.Version
      Name: live
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 5}
""",
)
