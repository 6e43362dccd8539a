"""Requests that the gateway and an emulator need not read alike: what is judged must be what is done.

Emulators look for the service of a call in more places than its signature: in X-Amz-Target, in `Action=`, in
the host's name, in the path. Here is refused, by the head alone, whatever names two calls; what a body leaves
open the reader refuses (`reading/unclear.py`). AWS refuses most of it, too, and says so in the same words.

The header by which the gateway tells an emulator that a call was judged is refused from a client: it would
not pass for the gateway's without the run's password, but two of them need not be read alike. Nor need two of
a header that says who calls what: the gateway reads the first, an emulator often the last.
"""

import re
from functools import lru_cache
from urllib.parse import parse_qsl

from harness.aws.permission.reading.hosts import bucket_in_host, is_of_another_service, read_alike
from harness.aws.permission.reading.models import family
from harness.gateway.chain import JUDGED, Exchange, Reply
from harness.gateway.error_shapes import error_reply, is_query
from harness.refusal import AwsError

# What the gateway answers below it asks for the run's password by itself: so an emulator posts its events.
OWN_PATHS = "/_harness/"
JUDGED_BY_CLIENT = Reply(400, b"The header X-Harness-Judged is the gateway's own; leave it out.")

_STORES = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
_OPEN = frozenset({"", "execute-api"})  # whose requests may be those of anybody's own API
_DECIDING = re.compile(
    rb"\r\n(host|authorization|content-type|content-encoding|x-amz-(?:target|date|security-token|content-sha256)):"
)
_SCOPE = re.compile(rb"Credential=[^\s,]*/[0-9]{8}/[A-Za-z0-9-]+/([a-z0-9.-]+)/aws4_request[,\s]")
_SCOPE_IN_URL = re.compile(r"[^\s,]*/[0-9]{8}/[A-Za-z0-9-]+/[a-z0-9.-]+/aws4_request")
# Amazon S3 user guide, "General purpose bucket naming rules" (in us-east-1 buckets from before 2018 have up
# to 255 characters, capitals and underscores). No name needs to be encoded, and none begins with a mark.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
# Paths that an emulator keeps for itself, or takes for another service's whatever the signature says.
_TAKEN = re.compile(r"/(?:moto-api|iceberg|v[0-9]|_[a-z-]+)(?:/|\Z)|/restapis/[^/]*/[^/]*/_user_request_|//")
_TAKEN_UNSIGNED = re.compile(
    r"/(?:latest/|v[124]/|restapis|apikeys|usageplans|domainnames|\d{4}-\d\d-\d\d(?:/|\Z)|oauth2/|log(?:in|out)"
    r"|saml2/|oidc/|sign(?:ing-jobs|ing-profiles)|clusters|taskdefinitions|tasks|services|stoptask"
    r"|key-value-stores/|position-estimate)|.*/service/.*/operation/",
    re.IGNORECASE,
)
_BODY = re.compile(rb"\r\n(?:content-length:[ \t]*0*[1-9]|transfer-encoding:)")
_CHUNKS_OF_AWS = re.compile(
    rb"\r\n(?:x-amz-decoded-content-length:|x-amz-content-sha256:[ \t]*streaming-"
    rb"|content-encoding:[^\r]*aws-chunked)"
)
# Amazon S3 API reference: what a query names a part of a bucket or an object by; never two of them.
_PARTS_SAID = (
    "abac accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory "
    "legal-hold lifecycle location logging metadataConfiguration metadataTable metrics notification "
    "object-lock ownershipControls policy policyStatus publicAccessBlock renameObject replication "
    "requestPayment restore retention select session tagging torrent uploadId uploads versioning versions "
    "website"
)
_PARTS = frozenset(_PARTS_SAID.split())
_LISTS = frozenset({"tagkeys"})  # of what may be said more than once in a query

_TARGET = "The request target must begin with one '/' and hold no '#'."
_SCOPE_FAULT = (
    "Credential should be scoped with a valid terminator, 'aws4_request', and a service in small letters."
)
_NAMES_TWO = "The request names two operations: {}."
_ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
    "parameter or the Authorization header should be specified"
)
_NO_BUCKET = "The specified bucket is not valid."
_HOST = "The host '{}' names another service, or a bucket that not everybody reads alike."
_TWICE = "The parameter {} is there more than once."


def smuggled(exchange: Exchange, store: str = "") -> Reply | None:
    """Return the refusal of a request that can be read in two ways, None of another.

    *store* is the name of the emulator that keeps the objects of S3: not all read host names alike.
    """
    if carries_judged(exchange):
        return JUDGED_BY_CLIENT
    found = _DECIDING.findall(exchange.lower_head)
    if len(found) != len(set(found)):
        twice = max(found, key=found.count).decode()
        return Reply(400, f"The header {twice} is there twice; which one counts is not known.".encode())
    error = _in_target(exchange)
    if error is None and not _is_of_api(exchange):
        error = _in_query(exchange) or _in_signature(exchange) or _in_head(exchange, store)
    if error is None:
        return None
    if _is_store(exchange):
        exchange.service = exchange.service or "s3"
    exchange.error = f"{error.code}: {error.message}"
    return error_reply(exchange, error)


def carries_judged(exchange: Exchange) -> bool:
    """Return whether the client sent the gateway's own header."""
    return exchange.header(JUDGED) is not None


def _in_target(exchange: Exchange) -> AwsError | None:
    """Emulators read `//a/b`, `http://a/b` and `/a#b` as /b on host a, /b, and /a, or do not."""
    target = exchange.target
    if not target.startswith("/") or target.startswith("//") or "#" in target:
        return AwsError("InvalidURI", 400, _TARGET)
    return None


def _is_of_api(exchange: Exchange) -> bool:
    """Return whether *exchange* calls somebody's own API, whose paths, queries and bodies are its own."""
    if exchange.service not in _OPEN:
        return False
    return (
        _STAGED.match(exchange.path) is not None
        or b".execute-api." in (exchange.header(b"host") or b"").lower()
    )


def _in_query(exchange: Exchange) -> AwsError | None:
    if not exchange.query:
        return None
    names = [name for name, _ in parse_qsl(exchange.query, keep_blank_values=True)]
    alike = [name.lower() for name in names]
    for name in set(alike):
        if alike.count(name) > 1 and (name in ("action", *_SIGNING) or _is_strict(exchange, name)):
            return _in_words_of(exchange, "InvalidQueryParameter", _TWICE.format(name))
    if "action" in alike and (_is_store(exchange) or exchange.header(b"x-amz-target") is not None):
        return _in_words_of(exchange, "InvalidParameterCombination", _NAMES_TWO.format("Action in its query"))
    if _is_store(exchange):
        parts = sorted(_PARTS.intersection(names))
        if len(parts) > 1:
            said = f"Conflicting query string parameters: {', '.join(parts)}"
            return AwsError("InvalidArgument", 400, said)
    return None


_SIGNING = (
    "x-amz-credential",
    "x-amz-signature",
    "x-amz-algorithm",
    "x-amz-security-token",
    "awsaccesskeyid",
)


def _is_strict(exchange: Exchange, name: str) -> bool:
    """Return whether *name* has one value in every operation that *exchange* may be."""
    if _is_store(exchange) or exchange.service == "lambda":
        return name not in _LISTS
    return "Action=" in exchange.query


def _in_words_of(exchange: Exchange, code: str, message: str) -> AwsError:
    return AwsError("InvalidArgument" if _is_store(exchange) else code, 400, message)


def _in_signature(exchange: Exchange) -> AwsError | None:
    """The service is in small letters for those who take it as it is; there is one signature."""
    sent = exchange.header(b"authorization")
    in_url = "X-Amz-Credential=" in exchange.query or "AWSAccessKeyId=" in exchange.query
    if sent is not None and in_url:
        return AwsError("InvalidArgument", 400, _ONE_MECHANISM)
    if sent is not None and sent.startswith(b"AWS4") and _SCOPE.search(sent + b" ") is None:
        return AwsError("IncompleteSignature", 400, _SCOPE_FAULT)
    if sent is None and "X-Amz-Credential=" in exchange.query:
        given = dict(parse_qsl(exchange.query)).get("X-Amz-Credential", "")
        if _SCOPE_IN_URL.fullmatch(given) is None:
            return AwsError("IncompleteSignature", 400, _SCOPE_FAULT)
    return None


def _in_head(exchange: Exchange, store: str) -> AwsError | None:
    service, lower = exchange.service, exchange.lower_head
    is_store = _is_store(exchange)
    if exchange.header(b"x-amz-target") is not None:
        if "json" not in _protocols(service) or exchange.path != "/":
            said = _NAMES_TWO.format("X-Amz-Target where this service's calls have none")
            return _in_words_of(exchange, "InvalidParameterCombination", said)
    elif not is_store and exchange.path != "/" and _speaks_forms_alone(exchange):
        return AwsError("InvalidParameterCombination", 400, _NAMES_TWO.format("its path and its Action"))
    if service not in _OPEN and exchange.method in ("GET", "HEAD") and _BODY.search(lower):
        return _in_words_of(exchange, "InvalidRequest", f"A {exchange.method} has no body.")
    if not is_store and service not in _OPEN and _CHUNKS_OF_AWS.search(lower):
        return AwsError("InvalidRequest", 400, "aws-chunked is an encoding of S3's alone.")
    return _in_host(exchange, store) or (_in_bucket(exchange) if is_store else None)


def _is_store(exchange: Exchange) -> bool:
    """Return whether it is S3 that is meant: what is unsigned and no form is its, too."""
    return exchange.service in _STORES or (not exchange.service and exchange.method != "POST")


@lru_cache(maxsize=256)
def _protocols(service: str) -> frozenset[str]:
    if not service:
        return frozenset()
    return frozenset[str]().union(*(each.protocols for each in family(service)))


def _speaks_forms_alone(exchange: Exchange) -> bool:
    """Return whether *exchange* can only be a form, whose Action an emulator may look for in the path.

    SQS's older form names the queue by its path.
    """
    service = exchange.service
    if service == "sqs" or exchange.path.startswith("/service/"):
        return False
    if not service:
        return is_query(exchange)
    spoken = _protocols(service)
    return bool(spoken & {"query", "ec2"}) and not spoken & {"rest-json", "rest-xml"}


def _in_host(exchange: Exchange, store: str) -> AwsError | None:
    host = exchange.header(b"host") or b""
    if b"." not in host:
        return None
    service = exchange.service
    if is_of_another_service(host, service) or (
        not read_alike(host, store) if _is_store(exchange) else bool(service and bucket_in_host(host))
    ):
        return AwsError("InvalidRequest", 400, _HOST.format(host.decode("latin-1")))
    return None


def _in_bucket(exchange: Exchange) -> AwsError | None:
    path = exchange.path
    if _TAKEN.match(path):
        return AwsError("InvalidBucketName", 400, _NO_BUCKET)
    if path == "/" or bucket_in_host(exchange.header(b"host") or b""):
        return None
    signed = (exchange.header(b"authorization") or b"").startswith(b"AWS4")
    if not signed and _TAKEN_UNSIGNED.match(path):
        return AwsError("InvalidBucketName", 400, _NO_BUCKET)
    if _BUCKET.fullmatch(path[1:].partition("/")[0]) is None:
        return AwsError("InvalidBucketName", 400, _NO_BUCKET)
    return None


_STAGED = re.compile(r"/restapis/[^/]*/[^/]*/_user_request_|/_aws/execute-api/")
