"""What whoever signs and whoever verifies with Signature Version 4 make alike.

IAM user guide, "Create a signed AWS API request". Imports next to nothing: the load's processes sign with it.
"""

import hmac
from collections.abc import Iterable
from urllib.parse import quote


def signing_key(secret: str, scope: Iterable[str]) -> bytes:
    """Return the key for *scope*: day, region, service and `aws4_request`."""
    key = b"AWS4" + secret.encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_path(path: str, encoding: str = "utf-8") -> str:
    """Return the canonical URI: dot segments and double slashes removed, encoded once more (not for S3)."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part and part != ".":
            kept.append(part)
    end = "/" if path.endswith("/") and kept else ""
    return quote(f"/{'/'.join(kept)}{end}", safe="/~", encoding=encoding)


def canonical_query(query: str) -> str:
    """Return the encoded *query* with its parameters in order of name, then value."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(f"{name}={value}" for name, _, value in sorted(pairs))
