"""The steps of the request path and their order; the list that `handlers` returns is the whole path."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qs

from harness import journal
from harness.gateway.chain import Address, Exchange, Forward, Handler, Outcome
from harness.gateway.signing_time import SigningTime

# sagemaker-runtime has no other paths.
INVOCATIONS = "/endpoints/"


def identify(exchange: Exchange) -> Outcome:
    """Fill in service, access key and operation from what the head shows; never answers.

    The service is the SigV4 signing name in the credential scope (AWS General Reference, "Create a signed
    request": `AKID/date/region/service/aws4_request`), for presigned URLs from the query, for unsigned calls
    from X-Amz-Target.
    """
    alike = exchange.alike
    if alike is not None and alike.caller is not None:
        exchange.service, exchange.access_key, exchange.operation = alike.caller
        return None
    # JSON services post to "/"; elsewhere the path says what is meant, and most calls are invocations.
    target = (exchange.header(b"x-amz-target") or b"").decode("latin-1") if exchange.path == "/" else ""
    prefix, _, operation = target.partition(".")
    scope = _credential_scope(exchange)
    if len(scope) >= 5:
        exchange.access_key, exchange.service = "/".join(scope[:-4]), scope[-2].lower()
    elif exchange.path.startswith(INVOCATIONS):
        exchange.service = "sagemaker"
    elif old := _old_access_key(exchange):
        exchange.access_key, exchange.service = old, "s3"
    else:
        exchange.service = _UNSIGNED.get(prefix, "")
    exchange.operation = operation or _operation_in_path(exchange)
    if alike is not None:
        alike.caller = exchange.service, exchange.access_key, exchange.operation
    return None


# The only X-Amz-Target prefixes whose calls the gateway answers itself; others go to the default emulator.
_UNSIGNED = {"SageMaker": "sagemaker", "AnyScaleFrontendService": "application-autoscaling"}


def _credential_scope(exchange: Exchange) -> list[str]:
    authorization = exchange.header(b"authorization")
    if authorization is not None:
        _, found, rest = authorization.partition(b"Credential=")
        return rest.split(b",", 1)[0].decode("latin-1").strip().split("/") if found else []
    if "X-Amz-Credential=" in exchange.query:
        return parse_qs(exchange.query).get("X-Amz-Credential", [""])[0].split("/")
    return []


def _old_access_key(exchange: Exchange) -> str:
    """Return the access key of a call to S3 that is signed by version 2, as boto3 still signs URLs for S3.

    S3 user guide, "Signing and authenticating REST requests": `Authorization: AWS KEY:SIGNATURE`, or
    AWSAccessKeyId, Expires and Signature in the query.
    """
    authorization = exchange.header(b"authorization")
    if authorization is not None:
        kind, _, rest = authorization.partition(b" ")
        return rest.strip().partition(b":")[0].decode("latin-1") if kind == b"AWS" else ""
    if "AWSAccessKeyId=" in exchange.query and "Signature=" in exchange.query:
        return parse_qs(exchange.query).get("AWSAccessKeyId", [""])[0]
    return ""


def _operation_in_path(exchange: Exchange) -> str:
    if exchange.service == "sagemaker" and exchange.path.endswith("/invocations"):
        return "InvokeEndpoint"
    if exchange.path.startswith("/service/"):  # Smithy RPC v2: /service/NAME/operation/OPERATION
        return exchange.path.rpartition("/")[2]
    return exchange.method


def forward_to(route: Callable[[str], Address]) -> Handler:
    """Return the last handler: splice the request to the emulator that *route* names for its service."""

    def forward(exchange: Exchange) -> Outcome:
        return Forward(route(exchange.service))

    return forward


def handlers(answering: Sequence[Handler], route: Callable[[str], Address]) -> list[Handler]:
    """Return the request path: identify the call, refuse it where its clock is wrong, let *answering* answer
    what is ours, forward the rest."""
    return [identify, SigningTime().handle, *answering, forward_to(route)]


def record_to(write: Callable[[journal.Record], None]) -> Callable[[Exchange], None]:
    """Return the function that journals an exchange when it is over."""

    def record(exchange: Exchange) -> None:
        seen = exchange.detail
        if not isinstance(seen, Invocation):
            seen = _NOTHING
        write(
            journal.Exchange(
                exchange.received_at,
                exchange.service,
                exchange.operation,
                exchange.status,
                exchange.upstream,
                exchange.overhead_s,
                exchange.bytes_in,
                exchange.bytes_out,
                exchange.error,
                exchange.access_key,
                seen.endpoint,
                seen.variant,
                seen.instance,
                seen.queue_s,
                seen.service_s,
                seen.rows,
                seen.predict_s,
            )
        )

    return record


class Invocation:
    """What the journal keeps of one InvokeEndpoint; filled in as it becomes known."""

    __slots__ = ("endpoint", "instance", "predict_s", "queue_s", "rows", "service_s", "variant")

    def __init__(self, endpoint: str = "") -> None:
        self.endpoint = endpoint
        self.variant = ""
        self.instance = ""
        self.queue_s = 0.0
        self.service_s = 0.0
        self.rows = 0
        self.predict_s = 0.0


_NOTHING = Invocation()
