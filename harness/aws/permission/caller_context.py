"""The condition keys that a request has whatever it asks for: who calls, from where, when, and how.

IAM user guide, "AWS global condition context keys". Keys are in small letters, as `harness.iam` has them.
"""

from functools import lru_cache
from time import gmtime, strftime
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
)


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

    aws:SourceIp is not there for requests by a VPC endpoint; their address is aws:VpcSourceIp. Plain HTTP on
    loopback stands for TLS, which SDKs use by default.
    """
    values: Values = {"aws:securetransport": ("true",), "aws:requestedregion": (region,)}
    if entrance is None:
        return values | {"aws:sourceip": (peer,)}
    values |= {"aws:sourcevpce": (entrance.vpc_endpoint_id,), "aws:vpcsourceip": (peer,)}
    if entrance.vpc_id:
        values["aws:sourcevpc"] = (entrance.vpc_id,)
    return values


def passing_values(exchange: Exchange, calendar: Calendar, issued_at: float | None, mfa: bool) -> Values:
    """Return the keys that only this request has: its moment on the model's calendar, and its client."""
    epoch_s = int(calendar.epoch_s(exchange.received_at))
    values: Values = {"aws:currenttime": (_iso(epoch_s),), "aws:epochtime": (str(epoch_s),)}
    if mfa and issued_at is not None:
        values["aws:multifactorauthage"] = (str(int(exchange.received_at - issued_at)),)
    for key, header in (("aws:useragent", b"user-agent"), ("aws:referer", b"referer")):
        value = exchange.header(header)
        if value is not None:
            values[key] = (value.decode("latin-1"),)
    return values


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
