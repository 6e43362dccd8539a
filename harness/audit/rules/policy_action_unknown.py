"""A policy names an action that AWS does not have."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import listed
from harness.audit.rules._statements import of_roles
from harness.audit.view import View
from harness.iam.actions.catalogue import expand


def check(view: View) -> Iterator[Found]:
    """Yield each action pattern of a role's own policies that names no action of today."""
    for role, declared, path, statement in of_roles(view):
        for action in listed(statement.get("Action")):
            if isinstance(action, str) and ":" in action and not expand(action):
                yield Found(
                    declared,
                    f"role {role.logical_id} is allowed {action}, an action that AWS does not have",
                    path,
                )


RULE = Rule(
    id="policy-action-unknown",
    title="A policy with an action that does not exist",
    severity="warning",
    why="IAM takes any name, so that a misspelt action is granted to no effect and the call that needs the "
    "right one is denied.",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
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
              - {Effect: Allow, Action: sqs:RecieveMessage, Resource: "*"}
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
              - {Effect: Allow, Action: sqs:ReceiveMessage, Resource: "*"}
""",
)
