"""A function's Handler names nothing in its code."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each Python function whose handler is not in its package."""
    for logical_id, code in codes(view).items():
        function = view.resources[logical_id]
        if function.type == FUNCTION and not code.has_handler():
            named = function.properties.get("Handler")
            why = (
                f"{code.entry} defines no {code.handler}"
                if code.entry in code.files
                else f"the package has no {code.entry}"
            )
            yield Found(function, f"Handler {named!r} of {logical_id}: {why}", "Handler")


RULE = Rule(
    id="handler-not-in-code",
    title="A handler that is not in the code",
    severity="error",
    why="Lambda takes the function, and each invocation fails with Runtime.ImportModuleError or "
    "Runtime.HandlerNotFound. Handler is FILE.FUNCTION; inline code is the file index.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html",
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
          def main(event, context):
              return event
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
          def handler(event, context):
              return event
""",
)
