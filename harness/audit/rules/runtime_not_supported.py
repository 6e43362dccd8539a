"""A runtime that Lambda has withdrawn."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import FUNCTION
from harness.audit.plain import text
from harness.audit.view import View

# The guide's table of deprecated runtimes: identifier and date of deprecation.
WITHDRAWN = {
    "python2.7": "2021-07-15",
    "python3.6": "2022-07-18",
    "python3.7": "2023-12-04",
    "python3.8": "2024-10-14",
    "python3.9": "2025-12-15",
    "nodejs10.x": "2021-07-30",
    "nodejs12.x": "2023-03-31",
    "nodejs14.x": "2023-12-04",
    "nodejs16.x": "2024-06-12",
    "nodejs18.x": "2025-09-01",
    "dotnetcore2.1": "2022-01-05",
    "dotnetcore3.1": "2023-04-03",
    "dotnet6": "2024-12-20",
    "go1.x": "2024-01-08",
    "java8": "2024-01-08",
    "ruby2.5": "2021-07-30",
    "ruby2.7": "2023-12-07",
    "provided": "2024-01-08",
}


def check(view: View) -> Iterator[Found]:
    """Yield each function whose runtime Lambda no longer supports."""
    for function in view.of_type(FUNCTION):
        runtime = text(function.properties.get("Runtime"))
        if runtime in WITHDRAWN:
            message = f"function {function.logical_id} asks for {runtime}, deprecated on {WITHDRAWN[runtime]}"
            yield Found(function, message, "Runtime")


RULE = Rule(
    id="runtime-not-supported",
    title="A runtime that is no longer supported",
    severity="warning",
    why="A deprecated runtime gets no more patches, and from dates that the guide's table gives Lambda "
    "refuses to create functions with it, and then to update them. Emulators run it on whatever Python "
    "they have.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.7
      Code: {S3Bucket: code, S3Key: worker.zip}
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
""",
)
