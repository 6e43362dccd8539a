"""Buffered calls to an emulator through the same pool, for handlers that must read or change its answer."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from harness.errors import BackendError
from harness.gateway.body import decode_chunked
from harness.gateway.chain import JUDGED_HEADER, Address, Exchange, Reply, plain_headers
from harness.gateway.head import MalformedError, ReplyHead
from harness.gateway.splice import Pool, Upstream

FETCH_TIMEOUT_S = 60.0  # what botocore waits for a reply, by default


@dataclass(frozen=True, slots=True)
class FetchReply:
    """An emulator's answer, its body decoded from chunks but not from any Content-Encoding."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the value of the first header called *name*, in any case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def as_reply(self, *, body: bytes | None = None) -> Reply:
        """Return it as an answer of our own, with *body* in place of its body if one is given."""
        return Reply(self.status, self.body if body is None else body, plain_headers(self.headers))


class Fetcher:
    """Calls emulators over *pool*; to be awaited on the server's loop.

    With *judged* an emulator that has a password takes its calls without asking who may.
    """

    def __init__(self, pool: Pool, *, judged: bool = False) -> None:
        self._pool = pool
        self._judged = judged

    async def fetch(
        self,
        address: Address,
        method: str,
        path: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        timeout_s: float = FETCH_TIMEOUT_S,
    ) -> FetchReply:
        """Return what *address* answers; *path* may carry a query.

        Host (unless given) and Content-Length are added. Raises BackendError naming the emulator when it is
        down, ends the connection too early or needs more than *timeout_s* real seconds.
        """
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        if not any(line.lower().startswith("host:") for line in lines[1:]):
            lines.append(f"Host: {address.host}:{address.port}")
        if self._judged and address.password:
            lines.append(f"{JUDGED_HEADER}: {address.password}")
        lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines)
        if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1 or " " in path:
            raise BackendError(f"A call to {address} would not be one request: {method} {path!r:.80}.")
        request = head.encode("latin-1") + b"\r\n\r\n" + body
        return await self._call(address, request, method == "HEAD", timeout_s)

    async def fetch_exchange(
        self, address: Address, exchange: Exchange, *, timeout_s: float = FETCH_TIMEOUT_S
    ) -> FetchReply:
        """Return what *address* answers to the exchange's own request, its bytes unchanged.

        A request with a body must have been read (ReadBody) before. Raises BackendError as `fetch` does.
        """
        exchange.upstream = address.name
        return await self._call(
            address,
            exchange.judged_for(address, exchange.head + exchange.raw_body),
            exchange.method == "HEAD",
            timeout_s,
        )

    async def _call(self, address: Address, request: bytes, to_head: bool, timeout_s: float) -> FetchReply:
        try:
            async with asyncio.timeout(timeout_s):
                kept = self._pool.take(address)
                if kept is not None:
                    try:
                        return await _ask(kept, request, to_head)
                    except _StaleError:  # it ended while it lay in the pool
                        pass
                return await _ask(await self._pool.open(address), request, to_head)
        except TimeoutError:
            raise BackendError(f"The emulator {address} gave no answer within {timeout_s:g} s.") from None


class _StaleError(BackendError):
    """A kept connection ended before the first byte of a reply: worth one more try."""


async def _ask(upstream: Upstream, request: bytes, to_head: bool) -> FetchReply:
    answer = _Answer(asyncio.get_running_loop().create_future())
    upstream.begin(answer, request, whole=True, to_head_request=to_head)
    try:
        return await answer.future
    finally:
        if not answer.over:
            upstream.abandon()


class _Answer:
    """Collects one reply (splice.Sink)."""

    def __init__(self, future: "asyncio.Future[FetchReply]") -> None:
        self.future = future
        self.over = False
        self._head = b""
        self._reply = ReplyHead(0)
        self._pieces: list[bytes] = []

    def reply_interim(self, raw: bytes) -> None: ...

    def reply_whole(self, data: bytes, body_at: int, reply: ReplyHead) -> None:
        self.reply_started(data[:body_at], reply)
        self.reply_bytes(data)
        self.reply_done()

    def reply_started(self, head: bytes, reply: ReplyHead) -> None:
        self._head, self._reply = head, reply

    def reply_bytes(self, data: bytes) -> None:
        self._pieces.append(data)

    def reply_done(self) -> None:
        self.over = True
        if self.future.done():
            return
        body = b"".join(self._pieces)[len(self._head) :]
        try:
            body = decode_chunked(body) if self._reply.chunked else body
        except MalformedError as error:
            self.future.set_exception(BackendError(f"An emulator sent {error}."))
        else:
            self.future.set_result(FetchReply(self._reply.status, _headers(self._head), body))

    def reply_lost(self, why: str, *, stale: bool) -> None:
        self.over = True
        if not self.future.done():
            kind = _StaleError if stale else BackendError
            self.future.set_exception(kind(f"The emulator {why}; see its log in the run's folder."))

    def hold_body(self) -> None: ...

    def release_body(self) -> None: ...


def _headers(head: bytes) -> tuple[tuple[str, str], ...]:
    lines = head[:-4].decode("latin-1").split("\r\n")[1:]
    return tuple((name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines))
