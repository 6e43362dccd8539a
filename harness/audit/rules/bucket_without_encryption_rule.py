"""A bucket that does not say how it is encrypted."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import BUCKET
from harness.audit.plain import inside
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each bucket without BucketEncryption, in templates that somebody writes."""
    for bucket in view.of_type(BUCKET) if view.template.language != "live" else ():
        if not inside(bucket.properties, "BucketEncryption.ServerSideEncryptionConfiguration"):
            message = (
                f"bucket {bucket.logical_id} says nothing of encryption: S3 uses keys of its own (SSE-S3)"
            )
            yield Found(bucket, message, "BucketEncryption")


RULE = Rule(
    id="bucket-without-encryption-rule",
    title="A bucket that leaves its encryption to S3",
    severity="note",
    why="Since January 2023 S3 encrypts every object with keys of its own; who may read it is then the "
    "bucket's policy alone. For a key that you control, and a trail of its use, declare aws:kms.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html",
    check=check,
    failing="""
Resources:
  Datasets: {Type: AWS::S3::Bucket}
""",
    passing="""
Resources:
  Datasets:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms"}}]
""",
)
