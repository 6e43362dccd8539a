"""The gateways that benchmarks/gateway.py measures, each in a process of its own.

python -m benchmarks.gateway_served KIND PORT UPSTREAM
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from harness.aws.permission import Held, Mode
from harness.aws.permission.callers import Callers, user_of
from harness.aws.permission.entrances import Entrances
from harness.aws.permission.foreign import Foreign
from harness.aws.permission.guard import Guard
from harness.aws.permission.judging import Judge
from harness.aws.permission.keys import Key
from harness.aws.permission.reading import Reader
from harness.aws.permission.uses import Uses
from harness.clock import Clock
from harness.config import Credentials
from harness.errors import EnvironmentFault
from harness.gateway.chain import Address, Chain, Exchange, Forward, Handler, Outcome, Reply
from harness.gateway.fetch import Fetcher
from harness.gateway.handlers import identify, record_to
from harness.gateway.server import Server, new_event_loop
from harness.gateway.signing_time import SigningTime
from harness.gateway.splice import Pool
from harness.iam import Kind, Principal, parse
from harness.journal import Record
from harness.recorder import Recorder

KEY = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ACCOUNT, REGION = "123456789012", "us-east-1"
_FILES: list[Any] = []


def serve(kind: str, port: int, upstream: int) -> None:
    """Serve the gateway *kind* on *port*, before *upstream*, until a signal ends the process."""
    loop = new_event_loop()
    server = Server(_chain(kind, Address("upstream", "127.0.0.1", upstream)), Clock())
    loop.run_until_complete(server.start("127.0.0.1", port))
    loop.run_forever()


def _chain(kind: str, address: Address) -> Chain:
    forward = Forward(address)
    if kind == "splice":
        return Chain([lambda _exchange: forward], lambda _exchange: None)
    guards = [] if kind == "chain" else [_guard(verified=kind == "verified")]
    record = record_to(_written() if kind == "journalled" else _kept())
    return Chain([identify, SigningTime().handle, *guards, _inject(), lambda _exchange: forward], record)


def _kept() -> Callable[[Record], None]:
    """Return what a record is given to: kept as a run keeps the newest ones, and then thrown away."""
    newest: list[Record] = []

    def keep(record: Record) -> None:
        newest.append(record)
        if len(newest) >= 10_000:
            newest.clear()

    return keep


def _written() -> Callable[[Record], None]:
    """Return what a record is given to: the journal of a run, in a file that nobody else sees."""
    file = tempfile.NamedTemporaryFile(suffix=".jsonl.gz")  # noqa: SIM115, open while the process lives
    _FILES.append(file)
    return Recorder(Path(file.name)).record


class _OneUser:
    """The policies of an account (harness.aws.permission.held): one user, who may do what is called."""

    revision = 0
    _held = Held(
        (
            parse(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sagemaker:InvokeEndpoint",
                            "Resource": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/ranker",
                        },
                        {
                            "Effect": "Allow",
                            "Action": "s3:PutObject",
                            "Resource": "arn:aws:s3:::bucket/models/*",
                        },
                    ],
                },
                Kind.IDENTITY,
            ),
        )
    )

    def held(self, _principal: Principal) -> Held:
        return self._held

    def resource_policy(self, _arn: str) -> None:
        return None

    def known(self, _arn: str) -> bool:
        return True

    async def learn(self, principal: Principal | None, resources: Sequence[str]) -> None: ...

    async def managed(self, _arn: str) -> None: ...

    async def scps(self) -> None: ...

    async def rcps(self) -> None: ...

    def heard(self, exchange: Exchange) -> None: ...


def _guard(*, verified: bool) -> Handler:
    clock, policies, callers = Clock(), _OneUser(), Callers(ACCOUNT)
    user = user_of(f"arn:aws:iam::{ACCOUNT}:user/caller", ACCOUNT, "caller")
    callers.add(Key(KEY.access_key, user, KEY.secret_key if verified else None))

    def route(_service: str) -> Address:
        raise EnvironmentFault("nobody is asked here")

    fetcher = Fetcher(Pool())
    uses = Uses(lambda _record: None, lambda *_finding: None, enforced=True)
    entrances = Entrances(fetcher, route, REGION)
    guard = Guard(
        Mode.ENFORCE,
        callers,
        Foreign(fetcher, route, REGION),
        Judge(policies, uses, clock, entrances.of, ACCOUNT),
        Reader(),
        uses,
        entrances,
        clock,
        lambda _key: None,
        region=REGION,
        account=ACCOUNT,
    )
    return guard.handle


def _inject() -> Handler:
    draw = Random("0/faults").random

    def inject(_exchange: Exchange) -> Outcome:
        return Reply(503) if draw() < 0.0 else None

    return inject


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
