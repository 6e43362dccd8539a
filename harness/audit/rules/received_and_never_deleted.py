"""Code receives messages and never deletes one."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.rules._code import at
from harness.audit.view import View

DELETING = {"delete_message", "delete_message_batch", "delete_messages", "delete", "purge_queue"}


def check(view: View) -> Iterator[Found]:
    """Yield each receive whose code deletes nothing."""
    for logical_id, code in codes(view).items():
        if DELETING & code.words:
            continue
        for call in code.calls:
            if call.service == "sqs" and call.method in ("receive_message", "receive_messages"):
                yield at(view, logical_id, call, "messages are received and never deleted: each comes back")


RULE = Rule(
    id="received-and-never-deleted",
    title="Messages that are received and never deleted",
    severity="error",
    why="A received message is only hidden for the visibility timeout, and then comes back, to this "
    "consumer or to another, until its retention ends. Delete it when the work is done.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html",
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

          sqs = boto3.client("sqs")

          def handler(event, context):
              found = sqs.receive_message(QueueUrl=event["queue"], MaxNumberOfMessages=10)
              for message in found.get("Messages", []):
                  print(message["Body"])
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

          sqs = boto3.client("sqs")

          def handler(event, context):
              found = sqs.receive_message(QueueUrl=event["queue"], MaxNumberOfMessages=10)
              for message in found.get("Messages", []):
                  print(message["Body"])
                  sqs.delete_message(QueueUrl=event["queue"], ReceiptHandle=message["ReceiptHandle"])
""",
)
