"""The template of a call: in its body, or at an address of S3 that its caller may read."""

from urllib.parse import unquote, urlsplit

from harness.aws.aws_json import Arguments, Refused
from harness.stacks import Refused as ServiceRefused
from harness.stacks import Surroundings, Unreachable


def template_text(given: Arguments, where: Surroundings) -> str | None:
    """Return the template that a call gives, None where it gives none; raise Refused where it cannot be read.

    Blocks while S3 is asked.
    """
    body, url = given.get("TemplateBody"), given.get("TemplateURL")
    if body and url:
        raise Refused("ValidationError", "Only one of TemplateBody or TemplateURL may be specified.")
    if not url:
        return str(body) if body else None
    bucket, key = _place(str(url))
    try:
        found: bytes = where.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()
    except (ServiceRefused, Unreachable) as error:
        raise Refused("ValidationError", f"S3 error: {error}") from error
    return found.decode("utf-8", "replace")


def _place(url: str) -> tuple[str, str]:
    """Return bucket and key of an address of S3, by path or by host."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    if parts.scheme == "s3":
        return host, path
    bucket, found, _ = host.partition(".s3")
    if found and bucket:
        return bucket, path
    bucket, _, key = path.partition("/")
    if not bucket or not key:
        raise Refused("ValidationError", f"TemplateURL must be a supported URL: {url!r}")
    return bucket, key
