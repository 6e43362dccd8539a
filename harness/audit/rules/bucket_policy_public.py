"""The policy of a bucket lets everybody do something to it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import BUCKET
from harness.audit.rules._open import open_statements
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each statement that lets everybody at a bucket."""
    return open_statements(view, BUCKET)


RULE = Rule(
    id="bucket-policy-public",
    title="A bucket's policy is public",
    severity="error",
    why="Everybody may read or write what is in the bucket; since April 2023 S3 refuses such a policy on "
    "a new bucket until its public access block is lifted. Name the principal, or bind the statement "
    "with a fixed value of aws:SourceArn, aws:SourceVpce, aws:PrincipalOrgID or the like.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
    check=check,
    failing="""
Resources:
  Datasets: {Type: AWS::S3::Bucket}
  DatasetsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Datasets
      PolicyDocument:
        Statement: [{Effect: Allow, Principal: "*", Action: s3:GetObject, Resource: !Sub "${Datasets.Arn}/*"}]
""",
    passing="""
Resources:
  Datasets: {Type: AWS::S3::Bucket}
  DatasetsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Datasets
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: s3:GetObject
            Resource: !Sub "${Datasets.Arn}/*"
            Condition: {StringEquals: {aws:SourceVpce: vpce-0f1e2d3c4b5a69788}}
""",
)
