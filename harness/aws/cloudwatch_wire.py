"""CloudWatch's three protocols, as far as calls about alarms need them.

Service model, monitoring 2010-08-01: "smithy-rpc-v2-cbor", "json" (1.0) and "query". boto3 and the AWS CLI
send JSON, older SDKs the query form, the newest SDKs of other languages CBOR. Emulators here know no CBOR.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from io import BufferedReader, BytesIO
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import orjson

from harness.aws.aws_json import Arguments, Refused, arguments, request_id
from harness.aws.cbor import cbor
from harness.gateway.chain import Exchange, Reply

SERVICE = "monitoring"  # the SigV4 signing name
NAMESPACE = "http://monitoring.amazonaws.com/doc/2010-08-01/"

# Members of alarms that are no text; the query form writes every value as text.
_WHOLE = frozenset({"Period", "EvaluationPeriods", "DatapointsToAlarm"})
_NUMBERS = frozenset({"Threshold"})
_FLAGS = frozenset({"ActionsEnabled", "ReturnData"})


class Form(Enum):
    """How a call is written, and so its answer."""

    JSON = "application/x-amz-json-1.0"
    CBOR = "application/cbor"
    QUERY = "text/xml"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of CloudWatch: its form, operation and arguments as the service model types them."""

    form: Form
    operation: str
    arguments: Arguments


def form_of(exchange: Exchange) -> Form:
    """Return how *exchange* is written, which its head shows."""
    if exchange.path.startswith("/service/"):
        return Form.CBOR
    return Form.JSON if exchange.header(b"x-amz-target") is not None else Form.QUERY


def call_of(exchange: Exchange) -> Call:
    """Return the call in *exchange*, whose body is there; raise Refused where it cannot be read."""
    form = form_of(exchange)
    if form is Form.JSON:
        return Call(form, exchange.operation, arguments(exchange))
    if form is Form.CBOR:
        return Call(form, exchange.operation, _from_cbor(exchange.body))
    pairs = parse_qsl(exchange.body.decode("utf-8", "replace") or exchange.query, keep_blank_values=True)
    given = _from_query(dict(pairs))
    given.pop("Version", None)
    return Call(form, str(given.pop("Action", "")), given)


def refusal(form: Form, error: Refused) -> Reply:
    """Return *error* in the shape that clients of *form* read."""
    if form is not Form.QUERY:
        return _reply(form, error.status, {"__type": error.code, "message": error.message})
    said = f"<Type>Sender</Type><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    return _xml(error.status, "ErrorResponse", f"<Error>{said}</Error>{_id_element()}")


# -- reading -----


def _from_cbor(body: bytes) -> Arguments:
    # botocore reads CBOR answers; a request is the same notation. Its release is pinned.
    from botocore.parsers import ResponseParserError, RpcV2CBORParser

    try:
        value = RpcV2CBORParser().parse_data_item(BufferedReader(BytesIO(body))) if body else {}
    except (ResponseParserError, UnicodeDecodeError, ValueError, TypeError) as error:
        raise Refused("SerializationException", f"The request body is not CBOR: {error}") from error
    if not isinstance(value, dict):
        raise Refused("SerializationException", "The request body is not a CBOR map")
    return value


def _from_query(fields: Mapping[str, str]) -> Arguments:
    """Return AWS's query form as nested values: `AlarmActions.member.1`, `Dimensions.member.1.Name`."""
    tree: dict[str, Any] = {}
    for name, text in fields.items():
        *path, last = name.split(".")
        node = tree
        for part in path:
            deeper = node.setdefault(part, {})
            if not isinstance(deeper, dict):
                raise Refused("MalformedQueryString", f"{name} is below {part}, which has a value")
            node = deeper
        node[last] = _typed(last, text)
    return {name: _with_lists(value) for name, value in tree.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if set(value) == {"member"} and isinstance(value["member"], dict):
        members = sorted(value["member"].items(), key=lambda item: (len(item[0]), item[0]))  # 10 after 9
        return [_with_lists(each) for _, each in members]
    return {name: _with_lists(each) for name, each in value.items()}


def _typed(name: str, text: str) -> Any:
    try:
        if name in _WHOLE:
            return int(text)
        if name in _NUMBERS:
            return float(text)
    except ValueError:
        return text  # what is no number is refused where numbers are looked at
    if name in _FLAGS and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


# -- writing -----


def _reply(form: Form, status: int, value: Mapping[str, str]) -> Reply:
    headers = [("Content-Type", form.value), ("x-amzn-RequestId", request_id())]
    if code := value.get("__type"):
        headers.append(("x-amzn-query-error", f"{code};Sender"))
    if form is Form.JSON:
        return Reply(status, orjson.dumps(value), tuple(headers))
    return Reply(status, cbor(dict(value)), (*headers, ("smithy-protocol", "rpc-v2-cbor")))


def _xml(status: int, element: str, inside: str) -> Reply:
    body = f'<{element} xmlns="{NAMESPACE}">{inside}</{element}>'
    return Reply(status, body.encode(), (("Content-Type", Form.QUERY.value),))


def _id_element() -> str:
    return f"<RequestId>{request_id()}</RequestId>"
