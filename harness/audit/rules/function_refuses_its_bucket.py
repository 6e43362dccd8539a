"""A function does not let the bucket in that notifies it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._invoking import refused
from harness.audit.triggers import to_functions
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each way to a function whose policy does not let s3.amazonaws.com in."""
    return refused(view, to_functions(view, "bucket"), "s3.amazonaws.com")


RULE = Rule(
    id="function-refuses-its-bucket",
    title="A function does not let the bucket in that notifies it",
    severity="error",
    why='S3 tests the destination when the configuration is put and refuses it: "Unable to validate the '
    'following destination configurations". Add an AWS::Lambda::Permission for s3.amazonaws.com with '
    "the bucket as SourceArn and its owner as SourceAccount.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html",
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
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: uploads-of-ours
      NotificationConfiguration:
        LambdaConfigurations: [{Event: "s3:ObjectCreated:*", Function: !GetAtt Worker.Arn}]
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
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: uploads-of-ours
      NotificationConfiguration:
        LambdaConfigurations: [{Event: "s3:ObjectCreated:*", Function: !GetAtt Worker.Arn}]
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
