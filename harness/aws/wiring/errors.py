"""AWS's no in the four forms of the wiring's services."""

from xml.sax.saxutils import escape

import orjson

from harness.aws.aws_json import Refused, request_id
from harness.gateway.chain import Exchange, Reply

SNS_NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
SQS_NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"


def query_error(exchange: Exchange, error: Refused, namespace: str = SNS_NAMESPACE) -> Reply:
    """Return *error* as the query protocol has it, and note it on *exchange*."""
    exchange.error = f"{error.code}: {error.message}"
    return query_reply(error, namespace)


def query_reply(error: Refused, namespace: str = SNS_NAMESPACE) -> Reply:
    """Return *error* as the query protocol has it."""
    said = f"<Type>Sender</Type><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    body = (
        f'<ErrorResponse xmlns="{namespace}"><Error>{said}</Error>'
        f"<RequestId>{request_id()}</RequestId></ErrorResponse>"
    )
    return Reply(error.status, body.encode(), (("Content-Type", "text/xml"),))


def json_error(exchange: Exchange, error: Refused, version: str = "1.1") -> Reply:
    """Return *error* as AWS JSON has it, and note it on *exchange*."""
    exchange.error = f"{error.code}: {error.message}"
    headers = (
        ("Content-Type", f"application/x-amz-json-{version}"),
        ("x-amzn-RequestId", request_id()),
        ("x-amzn-query-error", f"{error.code};Sender"),
    )
    return Reply(error.status, orjson.dumps({"__type": error.code, "message": error.message}), headers)


def s3_error(exchange: Exchange, error: Refused, arguments: list[tuple[str, str]]) -> Reply:
    """Return *error* as S3 has it, with the *arguments* that it is about, and note it on *exchange*."""
    exchange.error = f"{error.code}: {error.message}"
    named = "".join(
        f"<ArgumentName{at}>{escape(name)}</ArgumentName{at}>"
        f"<ArgumentValue{at}>{escape(value)}</ArgumentValue{at}>"
        for at, (name, value) in enumerate(arguments, 1)
    )
    if len(arguments) == 1:
        named = named.replace("Name1>", "Name>").replace("Value1>", "Value>")
    identity = request_id()
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message>{named}<RequestId>{identity}</RequestId></Error>"
    )
    return Reply(
        error.status, body.encode(), (("Content-Type", "application/xml"), ("x-amz-request-id", identity))
    )
