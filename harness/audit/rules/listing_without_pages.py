"""Code lists the first page of objects, jobs or queues and takes it for all."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.rules._code import at
from harness.audit.view import View

PAGING = {
    "NextToken",
    "NextContinuationToken",
    "ContinuationToken",
    "get_paginator",
    "paginate",
    "IsTruncated",
    "Marker",
}
LISTING = {
    "s3": ("list_objects_v2", "list_objects", "list_object_versions"),
    "sagemaker": ("list_training_jobs", "list_endpoints", "list_models", "list_processing_jobs", "search"),
    "sqs": ("list_queues",),
    "sns": ("list_topics", "list_subscriptions", "list_subscriptions_by_topic"),
    "dynamodb": ("list_tables",),
    "logs": ("filter_log_events", "describe_log_streams"),
}
# Who asks for a few knows that there are more.
ONE = ("MaxKeys", "MaxResults", "MaxItems", "Limit", "limit")


def check(view: View) -> Iterator[Found]:
    """Yield each listing whose code never looks for another page."""
    for logical_id, code in codes(view).items():
        if PAGING & code.words:
            continue
        for call in code.calls:
            if call.method in LISTING.get(call.service, ()) and not any(call.given(each) for each in ONE):
                yield at(
                    view,
                    logical_id,
                    call,
                    f"{call.method} returns one page, and nothing asks for the next one",
                )


RULE = Rule(
    id="listing-without-pages",
    title="A listing without its further pages",
    severity="warning",
    why="ListObjectsV2 returns 1,000 keys at most, other listings fewer (SageMaker's 10 by default), with a "
    "token where there is more. Use a paginator.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html",
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

          s3 = boto3.client("s3")

          def handler(event, context):
              return len(s3.list_objects_v2(Bucket="images")["Contents"])
""",
    passing="""
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

          s3 = boto3.client("s3")

          def handler(event, context):
              pages = s3.get_paginator("list_objects_v2").paginate(Bucket="images")
              return sum(len(page.get("Contents", [])) for page in pages)
""",
)
