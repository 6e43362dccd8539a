"""Signatures made with a clock that is too far off are refused, as AWS does, with each service's own error.

How far is too far. S3: 15 minutes ("Error responses", RequestTimeTooSkewed). Services of the query protocol
and SQS: 15 minutes (their "Common Errors": RequestExpired; what SQS, SNS and STS really say and when is on
record in aws-sdk-js issues 265 and 401, devsecops/bootcamp issue 101 and async-aws issue 1634, of 2025).
Others: 5 minutes (IAM user guide, "Elements of an AWS API request signature"; aws-sdk-android issue 88).

Presigned URLs carry their time in the query and an expiry of their own: they are left alone, as is whatever
is not signed.
"""

import time
from collections.abc import Callable

from harness.gateway.chain import Exchange, Outcome, Reply
from harness.gateway.error_shapes import Shape, error_reply, shape_of
from harness.refusal import AwsError

WIDE_S = 900
NARROW_S = 300
_WIDE_SERVICES = frozenset({"s3", "sqs", "ec2"})
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMP_BYTES = 16


class SigningTime:
    """`handle` refuses signed calls whose X-Amz-Date is too far from this machine's time."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._second = -1
        self._narrow = self._wide = (b"", b"")  # the earliest and the latest stamp taken in this second

    def handle(self, exchange: Exchange) -> Outcome:
        """Return AWS's refusal, None where the time is right or none is told."""
        stamp = exchange.header(b"x-amz-date")
        if stamp is None or not exchange.access_key or len(stamp) != _STAMP_BYTES:
            return None
        now = int(self._now())
        if now != self._second:
            self._second = now
            self._narrow, self._wide = _bounds(now, NARROW_S), _bounds(now, WIDE_S)
        # Most calls are within the narrow bounds, whatever their service; stamps sort as their moments do.
        if self._narrow[0] <= stamp <= self._narrow[1]:
            return None
        allowed_s = _allowed_s(exchange)
        bounds = self._wide if allowed_s == WIDE_S else self._narrow
        if bounds[0] <= stamp <= bounds[1]:
            return None
        return _refuse(exchange, stamp.decode("latin-1"), now, allowed_s)

    def until_next_second(self) -> float:
        """Return for how many seconds what `handle` said of a request stays as it is."""
        return 1.0 - self._now() % 1.0


def _allowed_s(exchange: Exchange) -> int:
    wide = exchange.service in _WIDE_SERVICES or shape_of(exchange) in (Shape.QUERY, Shape.EC2)
    return WIDE_S if wide else NARROW_S


def _bounds(now: int, allowed_s: int) -> tuple[bytes, bytes]:
    return _stamp(now - allowed_s).encode(), _stamp(now + allowed_s).encode()


def _stamp(epoch_s: int) -> str:
    return time.strftime(_STAMP, time.gmtime(epoch_s))


def _refuse(exchange: Exchange, signed: str, now: int, allowed_s: int) -> Reply:
    shape, details = shape_of(exchange), {}
    if shape is Shape.REST_XML:
        code, status = "RequestTimeTooSkewed", 403
        message = "The difference between the request time and the current time is too large."
        server = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        skew = str(allowed_s * 1000)
        details = {"RequestTime": signed, "ServerTime": server, "MaxAllowedSkewMilliseconds": skew}
    elif shape is Shape.EC2:  # EC2 API reference, "Error codes"
        code, status, message = "RequestExpired", 400, "Request has expired."
    else:
        code, status = _CODES[shape]
        status = 403 if exchange.service == "sqs" else status
        message = _sentence(signed, now, allowed_s)
    exchange.error = f"{code}: {message}"
    return error_reply(exchange, AwsError(code, status, message), details)


_CODES = {
    Shape.QUERY: ("SignatureDoesNotMatch", 403),
    Shape.JSON: ("InvalidSignatureException", 400),
    Shape.CBOR: ("InvalidSignatureException", 400),
    Shape.REST_JSON: ("InvalidSignatureException", 403),
}


def _sentence(signed: str, now: int, allowed_s: int) -> str:
    """Return what AWS says: the stamp, the bound that it misses, and how that is reckoned."""
    minutes, here = allowed_s // 60, _stamp(now)
    if signed < here:
        bound = _stamp(now - allowed_s)
        return f"Signature expired: {signed} is now earlier than {bound} ({here} - {minutes} min.)"
    bound = _stamp(now + allowed_s)
    return f"Signature not yet current: {signed} is still later than {bound} ({here} + {minutes} min.)"
