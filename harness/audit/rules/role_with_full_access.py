"""A role holds one of AWS's policies that allow everything of a service."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import ROLE
from harness.audit.permissions import held
from harness.audit.view import View

WHOLE = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")


def check(view: View) -> Iterator[Found]:
    """Yield each role with AdministratorAccess, PowerUserAccess or a managed ...FullAccess."""
    for role in view.of_type(ROLE):
        for at, arn in enumerate(held(view, role).managed):
            name = arn.rpartition("/")[2]
            if ":iam::aws:policy" in arn and (name.endswith("FullAccess") or name in WHOLE):
                yield Found(role, f"role {role.logical_id} holds {name}", f"ManagedPolicyArns[{at}]")


RULE = Rule(
    id="role-with-full-access",
    title="A role with full access",
    severity="warning",
    why="Such a policy is for people who try things out: whoever gets at the role's credentials has the "
    "whole service. After a run, `harness policy ROLE` writes the policy that the role really needs.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    check=check,
    failing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonSageMakerFullAccess]
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
              - Effect: Allow
                Action: sagemaker:InvokeEndpoint
                Resource: "arn:aws:sagemaker:*:*:endpoint/dogs"
""",
)
