"""A role that everybody may assume."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import ROLE
from harness.audit.permissions import is_bound, names_everybody, statements_in
from harness.audit.plain import members
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each statement of a trust policy that lets everybody in, unbound."""
    for role in view.of_type(ROLE):
        document = members(role.properties.get("AssumeRolePolicyDocument"))
        for at, statement in enumerate(statements_in(document)):
            external = "sts:externalid" in str(statement.get("Condition")).lower()
            if names_everybody(statement) and not is_bound(statement) and not external:
                message = f"everybody may assume role {role.logical_id}"
                yield Found(role, message, f"AssumeRolePolicyDocument.Statement[{at}]")


RULE = Rule(
    id="role-trusts-everybody",
    title="A role that everybody may assume",
    severity="error",
    why='A trust policy with Principal {"AWS": "*"} lets every principal of every account in. Name the '
    "account, the role or the service.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    check=check,
    failing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {AWS: "*"}, Action: sts:AssumeRole}]
""",
    passing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
""",
)
