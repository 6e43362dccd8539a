"""Objects of S3 that fit into memory, read and written through a boto3 client; it all blocks."""

from typing import Any

from harness.aws.jobs.objects import Unreadable
from harness.jobs.names import split_url


def content(s3: Any, url: str) -> bytes:
    """Return the object at *url*; raise Unreadable, ValueError for an address that is none."""
    bucket, key = split_url(url)
    found: bytes = _asked(lambda: s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return found


def put(s3: Any, url: str, data: bytes) -> None:
    """Write *data* to *url*; raise Unreadable."""
    bucket, key = split_url(url)
    _asked(lambda: s3.put_object(Bucket=bucket, Key=key, Body=data))


def _asked(call: Any) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except ClientError as error:
        told = error.response.get("Error", {})
        raise Unreadable(str(told.get("Code", "Unknown")), str(told.get("Message", error))) from error
    except BotoCoreError as error:
        raise Unreadable(type(error).__name__, str(error)) from error
