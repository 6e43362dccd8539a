"""Requests as boto3 writes them, without a network: what a client would send, as the gateway receives it."""

from copy import deepcopy
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from harness.gateway.chain import Exchange
from harness.gateway.handlers import identify

ENDPOINT = "http://127.0.0.1:4566"


class Caught(Exception):
    """The request that a client was about to send."""

    def __init__(self, request: Any) -> None:
        super().__init__(request.url)
        self.request = request


def written(service: str, operation: str, members: dict[str, Any]) -> Exchange:
    """Return the exchange that boto3's call of *operation* with *members* opens, its body with it."""
    client = _client(service)
    try:
        client._make_api_call(operation, deepcopy(members))  # botocore changes what it is given
    except Caught as caught:
        return exchange_of(caught.request)
    raise AssertionError(f"{service} sent nothing for {operation}")


def exchange_of(request: Any) -> Exchange:
    """Return a botocore request as the gateway has it once its call is identified."""
    url = urlsplit(request.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {url.netloc}"]
    for name, value in request.headers.items():
        lines.append(f"{name}: {value.decode() if isinstance(value, bytes) else value}")
    body = request.body or b""
    body = (
        body
        if isinstance(body, (bytes, bytearray))
        else body.read()
        if hasattr(body, "read")
        else body.encode()
    )
    exchange = Exchange.from_head("\r\n".join([*lines, "", ""]).encode(), body=bytes(body))
    identify(exchange)
    return exchange


@cache
def _client(service: str) -> Any:
    from botocore.config import Config

    client = _session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
    client.meta.events.register("before-send", _catch)
    return client


@cache
def _session() -> Any:
    import botocore.session

    return botocore.session.get_session()


def _catch(request: Any, **_more: Any) -> None:
    raise Caught(request)
