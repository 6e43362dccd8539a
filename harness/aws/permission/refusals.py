"""AWS's own refusals: of a caller it does not know, of a signature, and of a call that no policy allows.

Codes and statuses: "Common Errors" of the API references (query and JSON services), S3 API reference, "Error
responses"; EC2 API reference, "Error codes for the Amazon EC2 API"; SNS API reference, "Publish"
(AuthorizationError); SQS says AccessDenied to all clients since it speaks JSON (keystone.guru issue 3901 of
2026, aspire pull request 3333), its old codes standing in x-amzn-query-error.
"""

from harness.aws.permission.signatures import Flaw
from harness.gateway.chain import Exchange, Reply
from harness.gateway.error_shapes import Shape, error_reply, shape_of
from harness.iam import Authorization, Request, message
from harness.refusal import AwsError

_TOKEN = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
_LEFT_OUT = "'Host' and every x-amz-* header that is sent must be a 'SignedHeader' in the AWS Authorization."
_MISSING = "Request is missing Authentication Token"
_MALFORMED = "Authorization header requires 'Credential', 'SignedHeaders', 'Signature' and an 'X-Amz-Date'."
_EC2_FAILURE = AwsError("AuthFailure", 401, "AWS was not able to validate the provided access credentials")

# Query protocol, and those that keep its codes in x-amzn-query-error.
_QUERY = {
    Flaw.UNSIGNED: AwsError("MissingAuthenticationToken", 403, _MISSING),
    Flaw.MALFORMED: AwsError("IncompleteSignature", 400, _MALFORMED),
    Flaw.UNKNOWN_KEY: AwsError("InvalidClientTokenId", 403, _TOKEN),
    Flaw.INVALID_TOKEN: AwsError("InvalidClientTokenId", 403, _TOKEN),
    Flaw.EXPIRED_TOKEN: AwsError("ExpiredToken", 403, _EXPIRED),
    Flaw.HEADER_LEFT_OUT: AwsError("SignatureDoesNotMatch", 403, _LEFT_OUT),
    Flaw.MISMATCH: AwsError("SignatureDoesNotMatch", 403, _MISMATCH),
    Flaw.BODY_MISMATCH: AwsError("SignatureDoesNotMatch", 403, _MISMATCH),
    Flaw.EXPIRED_URL: AwsError(
        "SignatureDoesNotMatch", 403, "Signature expired: the URL is no longer valid."
    ),
}
# JSON, CBOR (400) and REST JSON (403).
_JSON = {
    Flaw.UNSIGNED: ("MissingAuthenticationTokenException", "Missing Authentication Token"),
    Flaw.MALFORMED: ("IncompleteSignatureException", _MALFORMED),
    Flaw.UNKNOWN_KEY: ("UnrecognizedClientException", _TOKEN),
    Flaw.INVALID_TOKEN: ("UnrecognizedClientException", _TOKEN),
    Flaw.EXPIRED_TOKEN: ("ExpiredTokenException", _EXPIRED),
    Flaw.HEADER_LEFT_OUT: ("InvalidSignatureException", _LEFT_OUT),
    Flaw.MISMATCH: ("InvalidSignatureException", _MISMATCH),
    Flaw.BODY_MISMATCH: ("InvalidSignatureException", _MISMATCH),
    Flaw.EXPIRED_URL: ("InvalidSignatureException", "Signature expired: the URL is no longer valid."),
}
_S3 = {
    Flaw.UNSIGNED: AwsError("AccessDenied", 403, "Access Denied"),
    Flaw.MALFORMED: AwsError("AuthorizationHeaderMalformed", 400, "The authorization header is malformed."),
    Flaw.UNKNOWN_KEY: AwsError(
        "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."
    ),
    Flaw.INVALID_TOKEN: AwsError(
        "InvalidToken", 400, "The provided token is malformed or otherwise invalid."
    ),
    Flaw.EXPIRED_TOKEN: AwsError("ExpiredToken", 400, "The provided token has expired."),
    Flaw.HEADER_LEFT_OUT: AwsError(
        "AccessDenied", 403, "There were headers present in the request which were not signed"
    ),
    Flaw.MISMATCH: AwsError(
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
    ),
    Flaw.BODY_MISMATCH: AwsError(
        "XAmzContentSHA256Mismatch",
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
    Flaw.EXPIRED_URL: AwsError("AccessDenied", 403, "Request has expired"),
}
_EC2 = {
    Flaw.UNSIGNED: AwsError(
        "AuthFailure", 401, "AWS was not able to validate the request: access credentials are missing"
    ),
    Flaw.EXPIRED_TOKEN: AwsError("RequestExpired", 400, "Request has expired."),
}
# The services of a query protocol that speak JSON or CBOR as well (Smithy, awsQueryCompatible).
_QUERY_COMPATIBLE = frozenset({"sqs", "monitoring"})


def refuse_signature(exchange: Exchange, flaw: Flaw) -> Reply:
    """Return what AWS answers to a signature or a key with *flaw*."""
    error = _signature_error(exchange, flaw)
    exchange.error = f"{error.code}: {error.message}"
    details = {"AWSAccessKeyId": exchange.access_key} if shape_of(exchange) is Shape.REST_XML else None
    return error_reply(exchange, error, details)


def _signature_error(exchange: Exchange, flaw: Flaw) -> AwsError:
    shape = shape_of(exchange)
    if shape is Shape.REST_XML:
        return _S3[flaw]
    if shape is Shape.EC2:
        return _EC2.get(flaw, _EC2_FAILURE)
    if shape is Shape.QUERY:
        return _QUERY[flaw]
    code, message = _JSON[flaw]
    if exchange.service in _QUERY_COMPATIBLE:
        old = _QUERY[flaw]
        return AwsError(code, old.status, message, old.code)
    return AwsError(code, 403 if shape is Shape.REST_JSON else 400, message)


def sentence(request: Request, answer: Authorization) -> str:
    """Return AWS's message for a denied *request* as its service spells it.

    SQS writes its actions in small letters, SNS its own name in capitals, S3 its resources in quotation marks
    (keystone.guru issue 3901, aspire pull request 3333; S3 user guide, "Troubleshoot access denied (403
    Forbidden) errors").
    """
    said, action, arn = message(request, answer), request.action, request.resource
    service, _, name = action.partition(":")
    if service == "sqs":
        return said.replace(action, action.lower())
    if service == "sns":
        return said.replace(action, f"SNS:{name}")
    return said.replace(f"on resource: {arn}", f'on resource: "{arn}"') if service == "s3" else said


def refuse_call(exchange: Exchange, message: str) -> Reply:
    """Return what AWS answers when no policy allows a call, or one denies it; *message* is its sentence."""
    error = _denial(exchange, message)
    exchange.error = f"{error.code}: {error.message}"
    return error_reply(exchange, error)


def refuse_unclear(exchange: Exchange, error: AwsError) -> Reply:
    """Return what AWS answers to a request that is malformed, or that can be read in two ways."""
    exchange.error = f"{error.code}: {error.message}"
    return error_reply(exchange, error)


def _denial(exchange: Exchange, message: str) -> AwsError:
    shape, service = shape_of(exchange), exchange.service
    if shape is Shape.REST_XML:
        return AwsError("AccessDenied", 403, message)
    if shape is Shape.EC2:
        return AwsError(
            "UnauthorizedOperation", 403, f"You are not authorized to perform this operation. {message}"
        )
    if shape is Shape.QUERY:
        return AwsError("AuthorizationError" if service == "sns" else "AccessDenied", 403, message)
    if service in _QUERY_COMPATIBLE:
        return AwsError("AccessDeniedException", 403, message, "AccessDenied")
    return AwsError("AccessDeniedException", 403 if shape is Shape.REST_JSON else 400, message)
