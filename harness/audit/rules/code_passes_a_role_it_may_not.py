"""Code hands a role to a service, and its own role may pass none on."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.permissions import grants
from harness.audit.rules._code import at, runs_under
from harness.audit.view import View

# The calls that take a role, and the argument that names it.
TAKING = {
    ("sagemaker", "create_training_job"): "RoleArn",
    ("sagemaker", "create_processing_job"): "RoleArn",
    ("sagemaker", "create_hyper_parameter_tuning_job"): "TrainingJobDefinition",
    ("sagemaker", "create_model"): "ExecutionRoleArn",
    ("lambda", "create_function"): "Role",
    ("stepfunctions", "create_state_machine"): "roleArn",
    ("scheduler", "create_schedule"): "Target",
    ("glue", "create_job"): "Role",
    ("ec2", "run_instances"): "IamInstanceProfile",
    ("ecs", "run_task"): "overrides",
}


def check(view: View) -> Iterator[Found]:
    """Yield each call that takes a role, of code whose role is not allowed iam:PassRole on any."""
    for logical_id, code in codes(view).items():
        role = runs_under(view, logical_id)
        for call in code.calls if role is not None else ():
            taken = TAKING.get((call.service, call.method))
            if taken is None or role is None or (call.given(taken) is None and not call.is_open):
                continue
            if grants(view, role, "iam:PassRole") is False:
                message = f"{call.method} hands a role over, and role {role.logical_id} may not iam:PassRole"
                yield at(view, logical_id, call, message)


RULE = Rule(
    id="code-passes-a-role-it-may-not",
    title="Code that passes a role on without iam:PassRole",
    severity="error",
    why="Whoever hands a role to a service needs iam:PassRole on it, and is refused without; emulators do "
    "not look. Allow it on that role alone, with the service in iam:PassedToService.",
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
        - PolicyName: train
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: sagemaker:CreateTrainingJob
                Resource: "*"
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import boto3

          sagemaker = boto3.client("sagemaker")

          def handler(event, context):
              sagemaker.create_training_job(TrainingJobName=event["name"], RoleArn=event["role"])
""",
    passing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: train
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: sagemaker:CreateTrainingJob
                Resource: "*"
              - Effect: Allow
                Action: iam:PassRole
                Resource: arn:aws:iam::123456789012:role/training
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import boto3

          sagemaker = boto3.client("sagemaker")

          def handler(event, context):
              sagemaker.create_training_job(TrainingJobName=event["name"], RoleArn=event["role"])
""",
)
