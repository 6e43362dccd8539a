"""Code names the messages that failed, and Lambda does not listen; or it should and does not."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.plain import listed
from harness.audit.queues import fed
from harness.audit.view import View

REPORT = "ReportBatchItemFailures"
NAMING = {
    "batchItemFailures",
    "itemIdentifier",
    "batch_item_failures",
    "process_partial_response",
    "BatchProcessor",
}


def check(view: View) -> Iterator[Found]:
    """Yield each mapping of whose failed messages code and FunctionResponseTypes do not say the same."""
    for edge, queue, function in fed(view):
        code = codes(view).get(function.logical_id)
        if code is None:
            continue
        said = REPORT in listed(edge.given.get("FunctionResponseTypes"))
        told = bool(NAMING & code.words)
        if told and not said:
            message = (
                f"{function.logical_id} returns batchItemFailures, and the mapping does not ask: "
                f"failed messages of {queue.logical_id} are deleted"
            )
            yield Found(edge.declared, message, "FunctionResponseTypes")
        elif said and not told:
            message = (
                f"the mapping asks {function.logical_id} for batchItemFailures, and its code returns none"
            )
            yield Found(edge.declared, message, "FunctionResponseTypes")


RULE = Rule(
    id="batch-failures-not-declared",
    title="Batch item failures that are not declared",
    severity="error",
    why="Without ReportBatchItemFailures whatever the function returns is a success: Lambda deletes the "
    "whole batch, the failed messages with it. With it, an answer without batchItemFailures is a "
    "success of all.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
    check=check,
    failing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          def handler(event, context):
              failed = []
              for record in event["Records"]:
                  if not record["body"]:
                      failed.append({"itemIdentifier": record["messageId"]})
              return {"batchItemFailures": failed}
""",
    passing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      FunctionResponseTypes: [ReportBatchItemFailures]
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          def handler(event, context):
              failed = []
              for record in event["Records"]:
                  if not record["body"]:
                      failed.append({"itemIdentifier": record["messageId"]})
              return {"batchItemFailures": failed}
""",
)
