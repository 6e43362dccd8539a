"""A service is given a role that does not let it assume it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import ROLE
from harness.audit.permissions import trusts
from harness.audit.plain import inside
from harness.audit.view import View

# Where a resource takes a role, and the service that assumes it.
TAKES = {
    "AWS::Lambda::Function": (("Role", "lambda.amazonaws.com"),),
    "AWS::SageMaker::Model": (("ExecutionRoleArn", "sagemaker.amazonaws.com"),),
    "AWS::SageMaker::NotebookInstance": (("RoleArn", "sagemaker.amazonaws.com"),),
    "AWS::SageMaker::Pipeline": (("RoleArn", "sagemaker.amazonaws.com"),),
    "AWS::Scheduler::Schedule": (("Target.RoleArn", "scheduler.amazonaws.com"),),
    "AWS::StepFunctions::StateMachine": (("RoleArn", "states.amazonaws.com"),),
    "AWS::KinesisFirehose::DeliveryStream": (
        ("S3DestinationConfiguration.RoleARN", "firehose.amazonaws.com"),
        ("ExtendedS3DestinationConfiguration.RoleARN", "firehose.amazonaws.com"),
    ),
    "AWS::Glue::Job": (("Role", "glue.amazonaws.com"),),
    "AWS::Glue::Crawler": (("Role", "glue.amazonaws.com"),),
    "AWS::ECS::TaskDefinition": (
        ("TaskRoleArn", "ecs-tasks.amazonaws.com"),
        ("ExecutionRoleArn", "ecs-tasks.amazonaws.com"),
    ),
}


def check(view: View) -> Iterator[Found]:
    """Yield each role of the template that is handed to a service which its trust policy does not name."""
    for one in view.resources.values():
        for path, service in TAKES.get(one.type, ()):
            role = view.find(inside(one.properties, path), ROLE)
            if role is not None and trusts(role, service) is False:
                message = (
                    f"role {role.logical_id} does not trust {service}, to which {one.logical_id} hands it"
                )
                yield Found(role, message, "AssumeRolePolicyDocument")


RULE = Rule(
    id="role-without-the-trust-it-needs",
    title="A role without the trust it needs",
    severity="error",
    why='The service is refused: Lambda says "The role defined for the function cannot be assumed by '
    'Lambda", SageMaker "Could not assume role". The role\'s trust policy must allow sts:AssumeRole to '
    "the service.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
""",
)
