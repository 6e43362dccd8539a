"""Calls of CloudWatch in CBOR for a backend that reads JSON: asked in JSON, answered in CBOR.

The SDKs of some languages send nothing but Smithy RPC v2 CBOR to CloudWatch, and no emulator here reads it.
"""

import asyncio
from datetime import datetime
from functools import cache
from typing import Any

from harness.aws.aws_json import Refused, request_id
from harness.aws.backend_calls import BackendCalls, as_json
from harness.aws.cbor import cbor
from harness.aws.cloudwatch_wire import SERVICE, Call, Form, refusal
from harness.errors import BackendError
from harness.gateway.chain import Exchange, Reply
from harness.gateway.fetch import FetchReply


async def translated(backend: BackendCalls, exchange: Exchange, call: Call) -> Reply:
    """Return what *backend* answers to *call*, asked in JSON, in CBOR."""
    answer = await backend.ask(exchange, SERVICE, call.operation, _plain(call.arguments))
    if answer.status != 200:
        return refusal(Form.CBOR, _refused(answer))
    # Reading the service model takes a tenth of a second, which must not stop the loop.
    shape = await asyncio.get_running_loop().run_in_executor(None, _output_shape, call.operation)
    return Reply(200, cbor(_parsed(answer, shape), shape), _headers())


def _plain(value: Any) -> Any:
    """Return *value* as JSON has it: moments in seconds since 1970."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


@cache
def _output_shape(operation: str) -> Any:
    import botocore.session
    from botocore.model import OperationNotFoundError

    try:
        model = botocore.session.get_session().get_service_model("cloudwatch")
        return model.operation_model(operation).output_shape
    except OperationNotFoundError:
        return None


def _parsed(answer: FetchReply, shape: Any) -> Any:
    from botocore.awsrequest import HeadersDict
    from botocore.parsers import create_parser

    seen = {"status_code": answer.status, "headers": HeadersDict({}), "body": answer.body}
    found = create_parser("json").parse(seen, shape)
    found.pop("ResponseMetadata", None)
    return found


def _refused(answer: FetchReply) -> Refused:
    try:
        said = as_json(answer)
    except BackendError:
        said = {}
    code = str(said.get("__type", "InternalFailure")).rpartition("#")[2]
    message = str(said.get("message") or said.get("Message") or "The backend does not answer this call.")
    return Refused(code, message, answer.status)


def _headers() -> tuple[tuple[str, str], ...]:
    return (
        ("Content-Type", Form.CBOR.value),
        ("smithy-protocol", "rpc-v2-cbor"),
        ("x-amzn-RequestId", request_id()),
    )
