"""The condition keys that a request has whatever it asks for: who calls, from where, when, and how.

IAM user guide, "AWS global condition context keys". Keys are in small letters, as `harness.iam` has them.
"""

from calendar import timegm
from contextlib import suppress
from functools import lru_cache
from time import gmtime, strftime, strptime
from time import time as wall_time
from urllib.parse import unquote

from harness.aws.permission.entrances import Entrance
from harness.aws.permission.held import Held
from harness.aws.permission.keys import Caller
from harness.clock import Calendar
from harness.gateway.chain import Exchange

Values = dict[str, tuple[str, ...]]

# Those that change from one request to the next of the same caller on the same way; what was decided without
# them holds for all of them.
PASSING = frozenset(
    {"aws:currenttime", "aws:epochtime", "aws:multifactorauthage", "aws:useragent", "aws:referer"}
    | {"s3:signatureage", "s3:x-amz-content-sha256"}
)
_STAMP = "%Y%m%dT%H%M%SZ"


def caller_values(caller: Caller, held: Held | None, calendar: Calendar) -> Values:
    """Return the keys that describe *caller*, of whom the backend tells *held*.

    aws:PrincipalArn of a role's session is the role's ARN; aws:username is only users'; the keys of temporary
    credentials are only those'.
    """
    principal = caller.principal
    if principal.kind == "service":
        names = (principal.name,)
        return {
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": names,
            "aws:principalservicenameslist": names,
        }
    values: Values = {
        "aws:principaltype": (caller.kind,),
        "aws:principalisawsservice": ("false",),
        "aws:viaawsservice": ("false",),
    }
    if principal.kind == "aws":
        values["aws:principalarn"] = (principal.role or principal.name,)
        values["aws:principalaccount"] = (principal.account,)
        values["aws:userid"] = (_user_id(caller, held),)
    else:
        values["aws:userid"] = ("anonymous",)
    if caller.user_name:
        values["aws:username"] = (caller.user_name,)
    if caller.source_identity:
        values["aws:sourceidentity"] = (caller.source_identity,)
    if caller.function_arn:
        # Lambda developer guide, "Using source function ARN to control function access behavior".
        values["lambda:sourcefunctionarn"] = (caller.function_arn,)
    # Session tags stand before those of the role: IAM user guide, "Pass session tags in AWS STS".
    tags = {**(held.tags if held else {}), **caller.session_tags}
    values |= {f"aws:principaltag/{name.lower()}": (value,) for name, value in tags.items()}
    if caller.issued_at is not None:
        values["aws:tokenissuetime"] = (_iso(int(calendar.epoch_s(caller.issued_at))),)
        values["aws:multifactorauthpresent"] = ("true" if caller.mfa else "false",)
    return values


def _user_id(caller: Caller, held: Held | None) -> str:
    if caller.user_id or held is None:
        return caller.user_id
    if caller.kind == "AssumedRole":
        return f"{held.unique_id}:{caller.principal.name.rpartition('/')[2]}"
    return held.unique_id


def way_values(peer: str, entrance: Entrance | None, region: str) -> Values:
    """Return the keys of the way that a request took: aws:SourceIp, or those of the VPC endpoint.

    aws:SourceIp is not there for requests by a VPC endpoint; their address is aws:VpcSourceIp. Neither is
    there for what a service does by itself, which has no *peer*. Plain HTTP on loopback stands for TLS, which
    SDKs use by default.
    """
    values: Values = {"aws:securetransport": ("true",), "aws:requestedregion": (region,)}
    if entrance is None:
        return values | {"aws:sourceip": (peer,)} if peer else values
    values |= {"aws:sourcevpce": (entrance.vpc_endpoint_id,), "aws:vpcsourceip": (peer,)}
    if entrance.vpc_id:
        values["aws:sourcevpc"] = (entrance.vpc_id,)
    return values


def passing_values(exchange: Exchange, calendar: Calendar, issued_at: float | None, mfa: bool) -> Values:
    """Return the keys that only this request has: its moment on the model's calendar, and its client."""
    values = moment_values(calendar, exchange.received_at)
    if mfa and issued_at is not None:
        values["aws:multifactorauthage"] = (str(int(exchange.received_at - issued_at)),)
    for key, header in (("aws:useragent", b"user-agent"), ("aws:referer", b"referer")):
        value = exchange.header(header)
        if value is not None:
            values[key] = (value.decode("latin-1"),)
    return values | (_of_signature(exchange) if exchange.service == "s3" else {})


def _of_signature(exchange: Exchange) -> Values:
    """Return how old a signature is, in milliseconds, and the hash of the body that was declared.

    Amazon S3 API reference, "Bucket policy examples using … Signature Version 4 related condition keys".
    """
    values: Values = {}
    declared = exchange.header(b"x-amz-content-sha256")
    if declared is not None:
        values["s3:x-amz-content-sha256"] = (declared.decode("latin-1"),)
    sent = exchange.header(b"x-amz-date") or exchange.query.partition("X-Amz-Date=")[2][:16].encode()
    with suppress(ValueError):
        age_s = wall_time() - timegm(strptime(sent.decode("latin-1"), _STAMP))
        values["s3:signatureage"] = (str(max(0, int(age_s * 1000))),)
    return values


def service_values(action: str, owner: str, caller: Caller, signed: tuple[str, ...]) -> Values:
    """Return the keys of one service that every request to it has; *owner* is the resource's account.

    Service Authorization Reference, "Condition keys" of Amazon S3, AWS KMS and Amazon EventBridge. Loopback
    stands for TLS 1.3, which S3 and current SDKs agree on.
    """
    prefix = action.partition(":")[0]
    if prefix == "s3":
        values: Values = {"s3:resourceaccount": (owner,), "s3:tlsversion": ("1.3",)}
        names = ("s3:authtype", "s3:signatureversion")
        return values | {name: (value,) for name, value in zip(names, signed, strict=False)}
    if prefix == "kms" and caller.principal.account:
        return {"kms:calleraccount": (caller.principal.account,)}
    return {"events:creatoraccount": (owner,)} if prefix == "events" else {}


def signed_how(exchange: Exchange) -> tuple[str, ...]:
    """Return s3:authType and s3:signatureversion of a request to S3, () of others and of an unsigned one.

    Amazon S3 API reference, "Bucket policy examples using … Signature Version 4 related condition keys".
    """
    if exchange.service != "s3" or not exchange.access_key:
        return ()
    sent = exchange.header(b"authorization")
    new = sent.startswith(b"AWS4-") if sent is not None else "X-Amz-Signature=" in exchange.query
    kind = "REST-QUERY-STRING" if sent is None else "REST-HEADER"
    return kind, "AWS4-HMAC-SHA256" if new else "AWS"


def moment_values(calendar: Calendar, at: float) -> Values:
    """Return the keys that tell the moment *at*, on the model's calendar."""
    epoch_s = int(calendar.epoch_s(at))
    return {"aws:currenttime": (_iso(epoch_s),), "aws:epochtime": (str(epoch_s),)}


def region_of(exchange: Exchange, otherwise: str) -> str:
    """Return the region that *exchange* is signed for, *otherwise* where it says none."""
    in_url = exchange.query.partition("X-Amz-Credential=")[2]
    signed = exchange.header(b"authorization") or unquote(in_url).encode()
    at = signed.find(b"/aws4_request")
    parts = signed[:at].rsplit(b"/", 2) if at > 0 else []
    return parts[1].decode("latin-1") if len(parts) == 3 else otherwise


def account_of(arn: str, otherwise: str) -> str:
    """Return the account that owns the resource *arn*; ARNs of S3 name none, so that it is *otherwise*."""
    parts = arn.split(":", 5)
    found = parts[4] if len(parts) == 6 else ""
    return found if found.isdigit() else otherwise


@lru_cache(maxsize=64)
def _iso(epoch_s: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(epoch_s))
