"""A policy document that AWS does not take."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._statements import documents
from harness.audit.view import View
from harness.iam import MalformedPolicyError, parse


def check(view: View) -> Iterator[Found]:
    """Yield each policy of a role, queue, topic or bucket that AWS refuses."""
    for declared, path, document, kind in documents(view):
        try:
            parse(dict(document), kind, lenient=True)
        except MalformedPolicyError as error:
            yield Found(declared, f"AWS refuses the policy: {error.told}", path)


RULE = Rule(
    id="policy-refused",
    title="A policy that AWS refuses",
    severity="error",
    why="IAM answers MalformedPolicyDocument, SQS InvalidAttributeValue, and the stack rolls back; "
    "emulators store anything.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
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
              - {Effect: allow, Action: s3:GetObject, Resource: "*"}
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
              - {Effect: Allow, Action: s3:GetObject, Resource: "*"}
""",
)
