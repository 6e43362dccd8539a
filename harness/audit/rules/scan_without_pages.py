"""Code reads the first page of a table and takes it for the whole."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.rules._code import at
from harness.audit.view import View

PAGING = {"LastEvaluatedKey", "ExclusiveStartKey", "get_paginator", "paginate"}


def check(view: View) -> Iterator[Found]:
    """Yield each scan of a table whose code never looks for another page."""
    for logical_id, code in codes(view).items():
        if PAGING & code.words:
            continue
        for call in code.calls:
            if call.service == "dynamodb" and call.method == "scan" and call.given("Limit") is None:
                yield at(
                    view,
                    logical_id,
                    call,
                    f"{call.method} returns 1 MB at most, and nothing asks for the next page",
                )


RULE = Rule(
    id="scan-without-pages",
    title="A scan without its further pages",
    severity="error",
    why="One Scan returns 1 MB of data at most, with a LastEvaluatedKey where there is more: "
    "without a loop over it, or a paginator, the rest of the table is not seen, and nothing fails.",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.Pagination",
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

          table = boto3.resource("dynamodb").Table("items")

          def handler(event, context):
              return len(table.scan()["Items"])
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

          table = boto3.resource("dynamodb").Table("items")

          def handler(event, context):
              page = table.scan()
              count = len(page["Items"])
              while "LastEvaluatedKey" in page:
                  page = table.scan(ExclusiveStartKey=page["LastEvaluatedKey"])
                  count += len(page["Items"])
              return count
""",
)
