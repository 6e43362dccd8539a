"""A role may pass any role on."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import listed
from harness.audit.rules._statements import of_roles
from harness.audit.view import View

PASSING = ("*", "iam:*", "iam:pass*", "iam:passrole")


def _every_role(resource: str) -> bool:
    return resource == "*" or resource.endswith((":role/*", ":*"))


def check(view: View) -> Iterator[Found]:
    """Yield each statement that allows iam:PassRole on every role."""
    for role, declared, path, statement in of_roles(view):
        named = [str(each).lower() for each in listed(statement.get("Action"))]
        passes = any(each in PASSING for each in named) and statement.get("Effect") == "Allow"
        if passes and any(_every_role(str(each)) for each in listed(statement.get("Resource"))):
            limited = " to one service" if "iam:PassedToService" in str(statement.get("Condition")) else ""
            yield Found(
                declared, f"role {role.logical_id} may pass every role of the account on{limited}", path
            )


RULE = Rule(
    id="pass-role-on-everything",
    title="iam:PassRole on every role",
    severity="warning",
    why="With iam:PassRole on * and any call that takes a role (CreateFunction, CreateTrainingJob) it acts "
    "as the strongest role of the account. Name the roles that it passes, and the service in "
    "iam:PassedToService.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    check=check,
    failing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "iam:PassRole", Resource: "*"}
""",
    passing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "iam:PassRole", Resource: "arn:aws:iam::123456789012:role/training"}
""",
)
