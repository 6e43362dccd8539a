"""A function writes where its own trigger watches."""

from collections.abc import Iterator

from harness.audit.code import code_of
from harness.audit.functions import role_of
from harness.audit.model import Found, Rule
from harness.audit.names import BUCKET
from harness.audit.notifications import told
from harness.audit.permissions import invoked, may
from harness.audit.view import View

WRITING = ("put_object", "upload_file", "upload_fileobj", "copy_object", "put", "copy")


def check(view: View) -> Iterator[Found]:
    """Yield each notification to a function that writes and may write what sets it off again."""
    for bucket in view.of_type(BUCKET):
        for one in told(bucket):
            called = invoked(view, one.target)
            role = (
                role_of(view, called.function)
                if called is not None and "ObjectCreated" in one.event
                else None
            )
            if called is None or role is None:
                continue
            written = f"{view.arn(bucket)}/{one.prefix}x{one.suffix}"
            code = code_of(view, called.function)
            writes = code is None or any(
                each.service == "s3" and each.method in WRITING for each in code.calls
            )
            if writes and may(view, role, "s3:PutObject", written) is True:
                message = (
                    f"function {called.function.logical_id} may write to "
                    f"{bucket.logical_id} what sets it off again"
                )
                yield Found(bucket, message, one.path)


RULE = Rule(
    id="notification-loop",
    title="A function that sets itself off",
    severity="warning",
    why="A function that writes to the bucket that triggers it runs for ever, and is paid for; Lambda stops "
    "such loops only after some 16 rounds, and not all of them. Write to another bucket, or narrow "
    "prefix and role.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html",
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
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: uploads-of-ours
      NotificationConfiguration:
        LambdaConfigurations: [{Event: "s3:ObjectCreated:*", Function: !GetAtt Worker.Arn}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::uploads-of-ours/*"}
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
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: uploads-of-ours
      NotificationConfiguration:
        LambdaConfigurations:
          - Event: "s3:ObjectCreated:*"
            Function: !GetAtt Worker.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::uploads-of-ours/out/*"}
""",
)
