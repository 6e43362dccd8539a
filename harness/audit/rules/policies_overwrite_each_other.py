"""Two resources set the policy of one queue, topic or bucket; AWS keeps one."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.permissions import attachments
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each policy resource after the first for the same queue, topic or bucket."""
    for owner, attached in attachments(view).items():
        first, *others = attached
        for one in others:
            message = (
                f"{first.declared.logical_id} and {one.declared.logical_id} both set the policy of {owner}"
            )
            yield Found(one.declared, message + "; the later one replaces the earlier", "")


RULE = Rule(
    id="policies-overwrite-each-other",
    title="Two policies for one queue, topic or bucket",
    severity="error",
    why="A queue, topic or bucket has one policy, and each of these resources replaces it whole: which "
    "one is left depends on the order of creation. Put all statements into one document.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    check=check,
    failing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  First:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sqs:SendMessage, Resource: "*"}
  Second:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sqs:ReceiveMessage, Resource: "*"}
""",
    passing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Both:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sqs:SendMessage, Resource: "*"}
          - {Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sqs:ReceiveMessage, Resource: "*"}
""",
)
