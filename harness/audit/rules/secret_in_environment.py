"""A secret stands in an environment variable."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.audit.model import Found, Rule
from harness.audit.plain import inside, listed, members, text
from harness.audit.view import View

PLACES = {
    "AWS::Lambda::Function": ("Environment.Variables",),
    "AWS::SageMaker::Model": ("PrimaryContainer.Environment", "Containers[].Environment"),
    "AWS::ECS::TaskDefinition": ("ContainerDefinitions[].Environment",),
    "AWS::CodeBuild::Project": ("Environment.EnvironmentVariables",),
    "AWS::Glue::Job": ("DefaultArguments",),
}
# Names that promise a secret, unless they say that it is only told where it is.
_NAMED = re.compile(
    r"(^|[_\-.])(PASSWORD|PASSWD|PWD|SECRET|SECRET_?KEY|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|TOKEN|CREDENTIALS?)$",
    re.I,
)
# Access key ids, private keys, tokens of GitHub and Slack: as secret scanners know them.
_LOOKS = re.compile(
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abp]-"
)
# What only says where the secret is: an ARN, a dynamic reference, a path.
_ELSEWHERE = re.compile(r"arn:|\{\{resolve:|\$\{|/|https?:|ssm:|\*+$|[\w.-]+(/[\w.-]+)+$")


def _variables(properties: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, Any]]:
    """Yield each variable at *path* with the path of its value, its name and its value."""
    head, several, rest = path.partition("[].")
    if several:
        for at, each in enumerate(listed(inside(properties, head))):
            for where, name, value in _variables(members(each), rest):
                yield f"{head}[{at}].{where}", name, value
        return
    given = inside(properties, head)
    for name, value in members(given).items():
        yield f"{head}.{name}", name.lstrip("-"), value
    for at, each in enumerate(given if isinstance(given, list) else []):
        yield f"{head}[{at}]", text(members(each).get("Name")), members(each).get("Value")


def _is_secret(name: str, value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    return bool(_LOOKS.search(value)) or bool(_NAMED.search(name) and not _ELSEWHERE.match(value))


def check(view: View) -> Iterator[Found]:
    """Yield each variable of a function, container, model or job that holds a secret as plain text."""
    for one in view.resources.values():
        for path in PLACES.get(one.type, ()):
            for where, name, value in _variables(one.properties, path):
                if _is_secret(name, value):
                    yield Found(
                        one,
                        f"environment variable {name} of {one.logical_id} holds a secret as plain text",
                        where,
                    )


RULE = Rule(
    id="secret-in-environment",
    title="A secret in an environment variable",
    severity="error",
    why="Whoever may read the configuration (GetFunctionConfiguration, DescribeModel), the template or its "
    "repository has the secret. Keep it in Secrets Manager or Parameter Store, and give the code its "
    "name.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Environment: {Variables: {DB_PASSWORD: correct-horse-battery}}
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
      Environment: {Variables: {DB_PASSWORD_SECRET: turbofan/db, TABLE: items}}
      Code: {S3Bucket: code, S3Key: worker.zip}
""",
)
