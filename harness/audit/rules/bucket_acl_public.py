"""A bucket's access control list gives it to everybody."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import BUCKET
from harness.audit.plain import text
from harness.audit.view import View

PUBLIC = ("PublicRead", "PublicReadWrite", "AuthenticatedRead")


def check(view: View) -> Iterator[Found]:
    """Yield each bucket whose canned ACL is public."""
    for bucket in view.of_type(BUCKET):
        acl = text(bucket.properties.get("AccessControl")).replace("-", "")
        if acl.lower() in [each.lower() for each in PUBLIC]:
            yield Found(
                bucket, f"AccessControl {acl} opens bucket {bucket.logical_id} to everybody", "AccessControl"
            )


RULE = Rule(
    id="bucket-acl-public",
    title="A bucket's ACL is public",
    severity="error",
    why="New buckets have ACLs disabled (Object Ownership: bucket owner enforced), and S3 answers a "
    "public one with AccessControlListNotSupported; where they are enabled, everybody reads the "
    "bucket. Leave the ACL out, and give access by policy.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
    check=check,
    failing="""
Resources:
  Site: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}
""",
    passing="""
Resources:
  Site: {Type: AWS::S3::Bucket, Properties: {AccessControl: Private}}
""",
)
