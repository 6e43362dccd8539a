"""A role is allowed every action of a service on every resource."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import listed
from harness.audit.rules._statements import of_roles
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each statement of the template that allows `*` or `service:*` on `*` without a condition."""
    for role, declared, path, statement in of_roles(view):
        actions = [
            each for each in listed(statement.get("Action")) if each == "*" or str(each).endswith(":*")
        ]
        everywhere = "*" in listed(statement.get("Resource"))
        if actions and everywhere and statement.get("Effect") == "Allow" and not statement.get("Condition"):
            yield Found(
                declared, f"role {role.logical_id} may do {', '.join(actions)} on every resource", path
            )


RULE = Rule(
    id="role-with-wildcard-actions",
    title="A role may do everything of a service",
    severity="warning",
    why="Whoever gets at the role's credentials has the whole service, in the whole account. Name the "
    "actions and the resources; `harness policy ROLE` writes what a run needed.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
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
              - {Effect: Allow, Action: "s3:*", Resource: "*"}
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
              - {Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::datasets/*"}
""",
)
