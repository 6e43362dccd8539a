"""The filter of a mapping is none that Lambda takes."""

import json
from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import inside, listed, members
from harness.audit.triggers import mappings
from harness.audit.view import View
from harness.errors import RequestRefused
from harness.functions.event_filters import compile_filters


def check(view: View) -> Iterator[Found]:
    """Yield each mapping of a queue whose FilterCriteria Lambda refuses."""
    for edge, _, _ in mappings(view):
        patterns = [
            members(each).get("Pattern") for each in listed(inside(edge.given, "FilterCriteria.Filters"))
        ]
        try:
            compile_filters([each if isinstance(each, str) else json.dumps(each) for each in patterns])
        except RequestRefused as error:
            yield Found(edge.declared, f"Lambda refuses the filters: {error}", "FilterCriteria")


RULE = Rule(
    id="event-filter-refused",
    title="Filter criteria that Lambda refuses",
    severity="error",
    why="A pattern is the JSON text of an object whose values are lists or objects, and there are five at "
    "most; emulators take anything.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      FilterCriteria: {Filters: [{Pattern: '{"body": {"kind": "train"}}'}]}
""",
    passing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      FilterCriteria: {Filters: [{Pattern: '{"body": {"kind": ["train"]}}'}]}
""",
)
