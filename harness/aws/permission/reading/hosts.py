"""Which bucket a Host header names: virtual-hosted-style requests of S3."""

import re

# Amazon S3 user guide, "Virtual hosting of buckets": `bucket.s3.region.host`, and what SDKs make of
# an endpoint whose host is a name and no address: `bucket.host`.
_OF_S3 = re.compile(r"([a-z0-9][a-z0-9.\-]+?)\.s3[.\-][a-z0-9.\-]+")
_OF_HOUSE = re.compile(r"([a-z0-9][a-z0-9.\-]+?)\.(?:localhost|localhost\.localstack\.cloud)")


def bucket_in_host(host: bytes) -> str:
    """Return the bucket in front of the host name, "" where the path names it."""
    name = host.decode("latin-1").strip().lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    found = _OF_S3.fullmatch(name) or _OF_HOUSE.fullmatch(name)
    return found[1] if found and found[1] != "s3" else ""
