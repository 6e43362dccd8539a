"""A function's code imports what Lambda's Python does not have."""

import ast
import sys
from collections.abc import Iterator

from harness.audit.code import INLINE, codes
from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.plain import listed
from harness.audit.view import View
from harness.scenario.handlers import INCLUDED


def _modules(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name.partition(".")[0] for each in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [(node.module or "").partition(".")[0]]
    return []


def check(view: View) -> Iterator[Found]:
    """Yield each import, as the handler's file is loaded, of a module that no package and no layer has."""
    for logical_id, code in codes(view).items():
        function = view.resources[logical_id]
        tree = code.tree(code.entry)
        if function.type != FUNCTION or tree is None or listed(function.properties.get("Layers")):
            continue
        if any(name.rpartition("/")[2] == "requirements.txt" for name in code.files):
            continue  # what installs it is a build's matter (sam build, a bundling step)
        own = {name.partition("/")[0].removesuffix(".py") for name in code.files}
        # CloudFormation puts its module beside code that stands in the template.
        own |= {"cfnresponse"} if tuple(code.files) == (INLINE,) else set()
        for node in tree.body:
            for module in _modules(node):
                if module not in own and module not in INCLUDED and module not in sys.stdlib_module_names:
                    message = (
                        f"{logical_id} imports {module}, which neither the package nor Lambda's Python has"
                    )
                    yield Found(function, message, "Code")


RULE = Rule(
    id="import-not-in-package",
    title="An import that is not in the package",
    severity="error",
    why="Every invocation fails with Runtime.ImportModuleError: No module named ...; emulators run the code "
    "on a Python that has it by chance. Put the module into the package, or into a layer.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/python-package.html",
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
          import pandas

          def handler(event, context):
              return len(pandas.DataFrame(event["rows"]))
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

          def handler(event, context):
              return len(json.loads(event["rows"]))
""",
)
