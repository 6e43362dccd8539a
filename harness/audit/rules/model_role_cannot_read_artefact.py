"""A model's role may not read the model's artefact."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import BUCKET, MODEL, ROLE
from harness.audit.permissions import may, policies_of
from harness.audit.plain import inside, listed, members, text
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each model whose role may not get the object at ModelDataUrl."""
    for model in view.of_type(MODEL):
        role = view.find(model.properties.get("ExecutionRoleArn"), ROLE)
        containers = [
            inside(model.properties, "PrimaryContainer"),
            *listed(model.properties.get("Containers")),
        ]
        for url in [text(members(each).get("ModelDataUrl")) for each in containers if members(each)]:
            bucket_name, _, key = url.removeprefix("s3://").partition("/")
            if role is None or not url.startswith("s3://"):
                continue
            bucket = view.find(bucket_name, BUCKET)
            by = [each.document for each in policies_of(view, bucket)] if bucket is not None else []
            if (
                may(view, role, "s3:GetObject", f"arn:{view.partition}:s3:::{bucket_name}/{key}", by=by)
                is False
            ):
                yield Found(
                    model,
                    f"role {role.logical_id} may not s3:GetObject {url}",
                    "PrimaryContainer.ModelDataUrl",
                )


RULE = Rule(
    id="model-role-cannot-read-artefact",
    title="A model's role may not read its artefact",
    severity="error",
    why='CreateModel refuses it: "Could not access model data at s3://...". Allow s3:GetObject on the '
    "artefact to the execution role.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms",
    check=check,
    failing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: sts:AssumeRole}]
  Ranker:
    Type: AWS::SageMaker::Model
    Properties:
      ExecutionRoleArn: !GetAtt Role.Arn
      PrimaryContainer: {Image: some-image, ModelDataUrl: s3://models-of-ours/ranker/model.tar.gz}
""",
    passing="""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: artefact
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::models-of-ours/*"}]
  Ranker:
    Type: AWS::SageMaker::Model
    Properties:
      ExecutionRoleArn: !GetAtt Role.Arn
      PrimaryContainer: {Image: some-image, ModelDataUrl: s3://models-of-ours/ranker/model.tar.gz}
""",
)
