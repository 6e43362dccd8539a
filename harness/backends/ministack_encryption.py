"""MiniStack takes objects that are to be encrypted by KMS without a key being named, as S3 does.

S3 user guide, "Using server-side encryption with AWS KMS keys": without a key's id the AWS managed key
(aws/s3) is used. MiniStack 1.5.33 refuses such a write, which is how the SageMaker SDK sends code.
"""

from collections.abc import Callable, Mapping
from typing import Any

ENCRYPTION = "x-amz-server-side-encryption"
KEY_ID = f"{ENCRYPTION}-aws-kms-key-id"
# The managed key's id is another in each account; it is never asked for here.
MANAGED_KEY = "00000000-0000-4000-8000-0000000053aa"

Resolve = Callable[[Mapping[str, str], str], Any]


def install() -> None:
    """Put it into MiniStack, in the process that serves it."""
    from ministack.services import s3

    def key() -> str:
        return f"arn:aws:kms:{s3.get_region()}:{s3.get_account_id()}:key/{MANAGED_KEY}"

    s3._resolve_sse_write_headers = with_managed_key(s3._resolve_sse_write_headers, key)


def with_managed_key(resolve: Resolve, key: Callable[[], str]) -> Resolve:
    """Return *resolve*, which gets *key* where KMS is asked for and no key is named."""

    def resolved(headers: Mapping[str, str], bucket: str) -> Any:
        if headers.get(ENCRYPTION) == "aws:kms" and not headers.get(KEY_ID):
            headers = {**headers, KEY_ID: key()}
        return resolve(headers, bucket)

    return resolved
