"""Code takes the envelope that SNS puts around a message for the message."""

import ast
from collections.abc import Collection, Iterator

from harness.audit.code import Code, codes
from harness.audit.model import Found, Rule
from harness.audit.plain import switch
from harness.audit.queues import fed, worked_on
from harness.audit.triggers import to_queues
from harness.audit.view import View
from harness.templates.model import Resource

# Who knows of the envelope names a member of it.
OPENING = {"Message", "TopicArn"}
TASK = "AWS::ECS::TaskDefinition"


def _readers(view: View) -> Iterator[tuple[Resource, Resource]]:
    """Yield each queue that is read, with what has the code of the reader."""
    for _, queue, function in fed(view):
        yield queue, function
    for logical_id, services in worked_on(view).items():
        tasks = [view.find(one.properties.get("TaskDefinition"), TASK) for one in services]
        yield from ((view.resources[logical_id], task) for task in tasks if task is not None)


def _parsed(code: Code) -> tuple[str, int] | None:
    """Return where a body is parsed as JSON, None where it is not."""
    bodies = {
        target.id
        for _, node in code.nodes()
        if isinstance(node, ast.Assign) and _names_body(node.value, frozenset())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for name, node in code.nodes():
        loads = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("loads")
        if isinstance(node, ast.Call) and loads and any(_names_body(each, bodies) for each in node.args):
            return name, node.lineno
    return None


def _names_body(node: ast.expr, bodies: Collection[str]) -> bool:
    """Return whether *node* names a body, or a variable that stands for one."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return "body" in ast.unparse(node).lower() or not names.isdisjoint(bodies)


def check(view: View) -> Iterator[Found]:
    """Yield each reader of a queue without raw delivery that parses bodies and never opens the envelope."""
    wrapped = {
        q.logical_id: e
        for e, q in to_queues(view, "topic")
        if switch(e.given.get("RawMessageDelivery", False)) is False
    }
    for queue, reader in _readers(view):
        code = codes(view).get(reader.logical_id)
        if queue.logical_id not in wrapped or code is None or OPENING & code.texts:
            continue
        found = _parsed(code)
        if found is not None:
            name, line = found
            message = (
                f"{reader.logical_id} parses bodies of {queue.logical_id} ({name}, line {line}), which are "
                "SNS's envelope: what was published is the text under Message"
            )
            yield Found(wrapped[queue.logical_id].declared, message, "RawMessageDelivery")


RULE = Rule(
    id="envelope-read-as-payload",
    title="An envelope parsed as the payload",
    severity="error",
    why="Without raw delivery the body of each message is SNS's envelope, a JSON object with Type, "
    "MessageId, TopicArn and Message: a key of the payload is not in it, so that every message fails "
    'and comes back. Set RawMessageDelivery: true, or read json.loads(body)["Message"].',
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html",
    check=check,
    failing="""
Resources:
  Orders: {Type: AWS::SNS::Topic}
  Inbox: {Type: AWS::SQS::Queue}
  OrdersToInbox:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: sqs, Endpoint: !GetAtt Inbox.Arn}
  InboxToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Inbox.Arn, FunctionName: !Ref Worker}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import json

          def handler(event, context):
              for record in event["Records"]:
                  print(json.loads(record["body"])["order"])
""",
    passing="""
Resources:
  Orders: {Type: AWS::SNS::Topic}
  Inbox: {Type: AWS::SQS::Queue}
  OrdersToInbox:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: sqs, Endpoint: !GetAtt Inbox.Arn}
  InboxToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Inbox.Arn, FunctionName: !Ref Worker}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import json

          def handler(event, context):
              for record in event["Records"]:
                  print(json.loads(json.loads(record["body"])["Message"])["order"])
""",
)
