"""Code sends to FIFO queues without naming a message group."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.functions import environment
from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE, TOPIC
from harness.audit.queues import is_fifo
from harness.audit.rules._code import at
from harness.audit.view import View

SENDING = {
    ("sqs", "send_message"),
    ("sns", "publish"),
    ("sqs", "send_message_batch"),
    ("sns", "publish_batch"),
}


def check(view: View) -> Iterator[Found]:
    """Yield each send of code that knows FIFO queues or topics alone and gives no MessageGroupId."""
    for logical_id, code in codes(view).items():
        known = [view.find(value, QUEUE, TOPIC) for value in environment(view.resources[logical_id]).values()]
        ends = [one for one in known if one is not None]
        if not ends or not all(is_fifo(one) for one in ends) or "MessageGroupId" in code.words:
            continue
        for call in code.calls:
            if (call.service, call.method) in SENDING and not call.is_open:
                yield at(
                    view,
                    logical_id,
                    call,
                    f"{call.method} to {ends[0].logical_id}, which is FIFO, without a MessageGroupId",
                )


RULE = Rule(
    id="fifo-message-without-group",
    title="A message to a FIFO queue without a group",
    severity="error",
    why='SQS refuses it: "The request must contain the parameter MessageGroupId."',
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html",
    check=check,
    failing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs.fifo, FifoQueue: true}}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Environment: {Variables: {QUEUE: !Ref Jobs}}
      Code:
        ZipFile: |
          import os
          import boto3

          sqs = boto3.client("sqs")

          def handler(event, context):
              sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody="{}")
""",
    passing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs.fifo, FifoQueue: true}}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Environment: {Variables: {QUEUE: !Ref Jobs}}
      Code:
        ZipFile: |
          import os
          import boto3

          sqs = boto3.client("sqs")

          def handler(event, context):
              sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody="{}", MessageGroupId="all")
""",
)
