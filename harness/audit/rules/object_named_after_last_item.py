"""Code writes a batch to an object named after one item of it."""

import ast
from collections.abc import Iterator

from harness.audit.code import Code, codes
from harness.audit.model import Found, Rule
from harness.audit.rules._code import at
from harness.audit.view import View


def _chosen(code: Code) -> set[str]:
    """Return the names that stand for a part of the last or first item of something."""
    return {
        target.id
        for _, node in code.nodes()
        if isinstance(node, ast.Assign) and _is_chosen(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_chosen(node: ast.expr) -> bool:
    """Return whether a member of `items[-1]` is in *node*."""
    return any(
        isinstance(each, ast.Subscript)
        and isinstance(each.value, ast.Subscript)
        and isinstance(each.value.value, ast.Name)
        and ast.unparse(each.value.slice) in ("-1",)
        for each in ast.walk(node)
    )


def check(view: View) -> Iterator[Found]:
    """Yield each object whose key is made of the last or first item of a batch."""
    for logical_id, code in codes(view).items():
        chosen = _chosen(code)
        for call in code.calls:
            key = call.given("Key") if call.service == "s3" and call.method == "put_object" else None
            names = (
                {node.id for node in ast.walk(key) if isinstance(node, ast.Name)}
                if key is not None
                else set()
            )
            if key is not None and (names & chosen or _is_chosen(key)):
                yield at(
                    view,
                    logical_id,
                    call,
                    "the key is one item's of the batch: another batch with that item replaces the object",
                )


RULE = Rule(
    id="object-named-after-last-item",
    title="A batch written under the name of one item",
    severity="warning",
    why="Two batches with that item have one key, and the later replaces the earlier: S3 keeps one object a "
    "key. Make the key of what is unique (the message's id, each item's own id).",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html",
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
          import json
          import boto3

          s3 = boto3.client("s3")

          def handler(event, context):
              items = [json.loads(record["body"]) for record in event["Records"]]
              name = items[-1]["name"]
              s3.put_object(Bucket="rows", Key=f"{name}.csv", Body=json.dumps(items))
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
          import json
          import boto3

          s3 = boto3.client("s3")

          def handler(event, context):
              for record in event["Records"]:
                  s3.put_object(Bucket="rows", Key=f"{record['messageId']}.json", Body=record["body"])
""",
)
