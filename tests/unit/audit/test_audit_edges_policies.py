"""Rules about roles, permissions and secrets, beside their own examples."""

from pathlib import Path

import pytest

from tests.unit.audit.audited import audited, rules_broken
from tests.unit.audit.templates import FED, FUNCTION, TRUSTED


@pytest.mark.parametrize(
    ("variable", "secret"),
    [
        ("DB_PASSWORD: hunter22", True),
        ("API_KEY: 0123456789abcdef", True),
        ("ANYTHING: AKIAIOSFODNN7EXAMPLE", True),
        ("DB_PASSWORD: '{{resolve:secretsmanager:db:SecretString:password}}'", False),
        ("SECRET: arn:aws:secretsmanager:us-east-1:123456789012:secret:db", False),
        ("TOKEN_TABLE: tokens", False),
        ("PASSWORD_LENGTH: '12'", False),
        ("SECRET_NAME: turbofan-db", False),
        ("MAX_TOKENS: '512'", False),
    ],
)
def test_secrets_are_told_from_their_names(variable: str, secret: bool, tmp_path: Path) -> None:
    """What only says where a secret is, or is called like one, is none."""
    text = FUNCTION % (TRUSTED, "!Ref Live")
    text = text.replace(
        "      Code: {Zip", f"      Environment: {{Variables: {{{variable}}}}}\n      Code: {{Zip"
    )
    assert rules_broken(tmp_path, text) == ({"secret-in-environment"} if secret else set())


def test_secrets_are_found_in_lists_of_variables(tmp_path: Path) -> None:
    """Containers of ECS and models of SageMaker have theirs in lists."""
    text = """
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions:
        - Image: worker
          Environment: [{Name: DB_PASSWORD, Value: hunter22}, {Name: TABLE, Value: items}]
  Model:
    Type: AWS::SageMaker::Model
    Properties:
      ExecutionRoleArn: arn:aws:iam::123456789012:role/ranker
      Containers: [{Image: a, Environment: {API_KEY: ""}}, {Image: b, Environment: {API_KEY: 0123456789}}]
"""
    found = audited(tmp_path, text).findings
    assert [(each.resource, each.rule) for each in found] == [
        ("Task", "secret-in-environment"),
        ("Model", "secret-in-environment"),
    ]


def test_policies_beside_roles_are_held_to_the_rules_of_policies(tmp_path: Path) -> None:
    """A managed policy of the template is told once, where it stands, for two roles that hold it."""
    role = (
        "{Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref Shared], AssumeRolePolicyDocument: %s}}"
    )
    trust = "{Statement: [{Effect: Allow, Principal: {Service: glue.amazonaws.com}, Action: sts:AssumeRole}]}"
    text = f"""
Resources:
  First: {role % trust}
  Second: {role % trust}
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {{Statement: [{{Effect: Allow, Action: "iam:PassRole", Resource: "*"}}]}}
"""
    found = audited(tmp_path, text).findings
    told = [(each.resource, each.rule, each.line) for each in found]
    assert told == [("Shared", "pass-role-on-everything", 8)]


def test_a_permission_for_a_function_url_needs_no_source(tmp_path: Path) -> None:
    """FunctionUrlAuthType says what the permission is for."""
    text = (
        FED % ("", "def handler(e, c): pass", "BatchSize: 1")
        + """
  Public:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunctionUrl
      Principal: "*"
      FunctionUrlAuthType: AWS_IAM
"""
    )
    assert rules_broken(tmp_path, text) == set()


def test_destinations_are_held_to_the_role(tmp_path: Path) -> None:
    """OnFailure of an alias's configuration is sent under the function's role."""
    text = (
        FUNCTION % (TRUSTED, "!Ref Live")
        + """
  Failed: {Type: AWS::SQS::Queue}
  Invoking:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Worker
      Qualifier: live
      DestinationConfig: {OnFailure: {Destination: !GetAtt Failed.Arn}}
  Gone:
    Type: AWS::Lambda::EventInvokeConfig
    Properties: {FunctionName: of-another-stack, Qualifier: "1"}
"""
    )
    assert rules_broken(tmp_path, text) == {"destination-role-cannot-send"}


def test_a_permission_for_a_role_needs_no_source(tmp_path: Path) -> None:
    """A principal of an account is narrow by itself."""
    text = (
        FED % ("", "def handler(e, c): pass", "BatchSize: 1")
        + """
  Caller:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunction
      Principal: arn:aws:iam::123456789012:role/caller
"""
    )
    assert rules_broken(tmp_path, text) == set()
