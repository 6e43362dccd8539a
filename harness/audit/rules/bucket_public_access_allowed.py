"""A bucket's public access block is switched off."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import BUCKET
from harness.audit.plain import members, switch
from harness.audit.view import View

PARTS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def check(view: View) -> Iterator[Found]:
    """Yield each bucket that gives up a part of the block; one that says nothing has all of it."""
    for bucket in view.of_type(BUCKET):
        given = bucket.properties.get("PublicAccessBlockConfiguration")
        # What is not named in a configuration that is given counts as false: PutPublicAccessBlock.
        off = [
            part for part in PARTS if given is not None and switch(members(given).get(part, False)) is False
        ]
        if off:
            message = f"bucket {bucket.logical_id} switches off {', '.join(off)}"
            yield Found(bucket, message, "PublicAccessBlockConfiguration")


RULE = Rule(
    id="bucket-public-access-allowed",
    title="A bucket gives up its public access block",
    severity="warning",
    why="Every new bucket has the whole block; without it one policy or ACL makes the bucket public. "
    "Leave the property out, or set all four parts to true.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    check=check,
    failing="""
Resources:
  Datasets:
    Type: AWS::S3::Bucket
    Properties: {PublicAccessBlockConfiguration: {BlockPublicAcls: true, IgnorePublicAcls: true}}
""",
    passing="""
Resources:
  Datasets:
    Type: AWS::S3::Bucket
    Properties:
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
""",
)
