"""Lambda: permissions given and taken change who may invoke a function."""

import re
from collections.abc import Awaitable
from urllib.parse import unquote

from harness.aws.wiring.switchboard import Switchboard
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply

SERVICE = "lambda"
# A permission is a statement of the function's policy, whose quota is 20 KB.
BODY_LIMIT_BYTES = 256 * 1024
_PATH = re.compile(r"/[0-9-]{10}/functions/([^/]+)(/policy(?:/[^/]+)?)?")
OPERATIONS = {("POST", True): "AddPermission", ("DELETE", True): "RemovePermission"}


class Functions:
    """Watches AddPermission, RemovePermission and DeleteFunction; `handle` is its handler."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._read = ReadBody(self._answer, BODY_LIMIT_BYTES, Reply(413, b"The request is too long."))

    def handle(self, exchange: Exchange) -> Outcome:
        """Read the body of *exchange* when it changes a function's policy."""
        if exchange.method not in ("POST", "DELETE"):
            return None
        found = _PATH.fullmatch(exchange.path)
        if found is None:
            return None
        operation = OPERATIONS.get((exchange.method, found[2] is not None))
        if operation is None and exchange.method != "DELETE":
            return None
        exchange.operation = operation or "DeleteFunction"
        return self._read

    def _answer(self, exchange: Exchange) -> Awaitable[Outcome]:
        return self._carry_out(exchange)

    async def _carry_out(self, exchange: Exchange) -> Reply:
        answer = await self._board.repeat(exchange)
        if 200 <= answer.status < 300:
            found = _PATH.fullmatch(exchange.path)
            arn = self._arn(unquote(found[1]) if found else "")
            async with self._board.lock:
                for target in sorted(self._board.topology.targets()):
                    if target == arn or target.startswith(f"{arn}:"):
                        await self._board.relearn(target)
        return answer.as_reply()

    def _arn(self, name: str) -> str:
        """Return the ARN without qualifier of what a call names: a name, a part of an ARN, or a whole one."""
        root = self._board.root
        *_, plain = name.partition("function:")
        bare = (plain or name).partition(":")[0]
        return f"arn:aws:lambda:{root.region}:{root.account}:function:{bare}"
