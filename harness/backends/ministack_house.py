"""Paths of our own in the process that serves MiniStack, for who carries the password it was started with."""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

# As harness.gateway.chain has it; not imported, for this runs where a start is waited for.
JUDGED_HEADER = b"x-harness-judged"

Application = Callable[[Any, Any, Any], Awaitable[None]]
# Takes the body of a request; returns the status and what to send as JSON, None for nothing.
Answer = Callable[[bytes], Awaitable[tuple[int, Any]]]


def with_paths(application: Application, password: str, paths: Mapping[str, Answer]) -> Application:
    """Return *application* with *paths* before it; who does not carry *password* gets 403 there."""
    wanted = password.encode()

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        answer = paths.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await application(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name.lower() == JUDGED_HEADER]
        if not given or not hmac.compare_digest(given[0], wanted):
            await _send(send, 403, {"error": "these paths are the gateway's"})
        else:
            await _send(send, *await answer(await _body(receive)))

    return serve


async def _body(receive: Any) -> bytes:
    pieces = bytearray()
    while True:
        message = await receive()
        pieces += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(pieces)


async def _send(send: Any, status: int, value: Any) -> None:
    body = b"" if value is None else json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
