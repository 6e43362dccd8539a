"""CloudFormation as a part of the stage: its calls answered, stacks made by the calls of their caller."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import uuid4

from harness.aws.aws_json import Arguments, Refused
from harness.aws.query_form import LIMIT_BYTES, decode
from harness.aws.stacks.asking import Asking
from harness.aws.stacks.change_sets import ChangeSets
from harness.aws.stacks.house import House
from harness.aws.stacks.making import Making
from harness.aws.stacks.query import answer, nested
from harness.aws.stacks.register import Register
from harness.aws.stacks.working import Workers
from harness.config import SECRET_KEY, Credentials
from harness.gateway.chain import Exchange, Handler, Outcome, ReadBody, Reply
from harness.gateway.error_shapes import error_reply
from harness.refusal import AwsError, Refusal

SERVICE, PRINCIPAL = "cloudformation", "cloudformation.amazonaws.com"
# How long the end of a run waits for a call of a stack that is under way, seconds of this machine.
END_WITHIN_S = 5.0

Operation = Callable[[Arguments, Credentials], Awaitable[Mapping[str, object] | None]]


class Stacks:
    """CloudFormation for one gateway; everything here but the workers' threads belongs to its loop."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._workers = Workers(
            house.clock, house.record, lambda: house.gateway_url, house.region, house.account
        )
        self.register = Register()
        making = Making(self.register, self._workers, self._credentials_of_role, house.region, house.account)
        self._operations: dict[str, Operation] = {
            **Asking(self.register, house.region, house.account, self._workers).operations,
            **making.operations,
            **ChangeSets(self.register, making, self._workers).operations,
        }
        self.handlers: list[Handler] = [self._handle]

    async def close(self) -> None:
        """Give up what is under way."""
        for thread in self._workers.end():
            await asyncio.get_running_loop().run_in_executor(None, thread.join, END_WITHIN_S)

    # -- the request path -----

    def _handle(self, exchange: Exchange) -> Outcome:
        if exchange.service != SERVICE:
            return None
        if exchange.method == "GET":
            return self._answer(exchange, exchange.query.encode())
        too_large = Reply(413, b"A call of CloudFormation is not as long as that.")
        return ReadBody(lambda read: self._answer(read, read.body), LIMIT_BYTES, too_large)

    def _answer(self, exchange: Exchange, form: bytes) -> Outcome:
        given = nested(decode(form))
        exchange.operation = str(given.pop("Action", ""))
        operation = self._operations.get(exchange.operation)
        if operation is None:
            said = f"{exchange.operation or 'This call'} of CloudFormation is not answered here"
            return self._refused(exchange, Refused("InvalidAction", said))
        return self._carry_out(exchange, operation, given)

    async def _carry_out(self, exchange: Exchange, operation: Operation, given: Arguments) -> Reply:
        try:
            result = await operation(given, self._credentials(exchange))
        except Refused as error:
            return self._refused(exchange, error)
        body = answer(exchange.operation, result, str(uuid4()))
        return Reply(200, body, (("Content-Type", "text/xml"),))

    @staticmethod
    def _refused(exchange: Exchange, error: Refused) -> Reply:
        exchange.error = f"{error.code}: {error.message}"
        return error_reply(exchange, AwsError(error.code, error.status, error.message))

    # -- in whose name -----

    def _credentials(self, exchange: Exchange) -> Credentials:
        """Return those of whoever sent *exchange*: what he may not do, his stacks may not do either."""
        callers = getattr(self._house.permission, "callers", None)
        key = callers.of(exchange.access_key) if callers is not None else None
        token = (exchange.header(b"x-amz-security-token") or b"").decode("latin-1")
        if key is not None:
            return Credentials(key.access_key, key.secret or SECRET_KEY, key.token or token)
        return Credentials(exchange.access_key or Credentials().access_key, SECRET_KEY, token)

    async def _credentials_of_role(self, role: str, stack: str) -> Credentials:
        """Return those of a service role (user guide, "AWS CloudFormation service role")."""
        found = await self._house.permission.credentials_for(
            role, PRINCIPAL, "AWSCloudFormation", source_arn=stack
        )
        if isinstance(found, Refusal):
            said = f"Role {role} is invalid or cannot be assumed"
            raise Refused("ValidationError", said)
        assert isinstance(found, Credentials)
        return found
