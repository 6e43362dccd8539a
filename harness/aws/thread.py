"""The gateway as a part of a run: its server in a thread, its stage on that thread's loop, one address."""

import resource
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from types import TracebackType
from typing import Self

from harness.aws.stage import Stage
from harness.gateway.chain import Chain, Exchange
from harness.gateway.error_shapes import failure
from harness.gateway.handlers import handlers, record_to
from harness.gateway.server import ServerThread

# The services whose calls nearly every rehearsal makes: their models are read before any call waits for it.
FIRST_READ = ("iam", "sts", "s3", "sqs", "sns", "sagemaker")
# Each connection takes one. Many systems give a process 256 or 1,024 of them, and far more if it asks.
DESCRIPTORS = 65_536


class Gateway:
    """Serves *stage* on 127.0.0.1 while its `with` block lasts; `url` is what clients call.

    *listener* is a socket that listens there already, in place of *port*.
    *also* is a second host and port, for clients on other hosts: whoever is reached there is let in.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        port: int = 0,
        listener: socket | None = None,
        also: tuple[str, int] | None = None,
    ) -> None:
        chain = Chain(handlers(stage.handlers, stage.route), self._recorder(stage), failure=failure)
        self._stage = stage
        self._also = also
        self._thread = ServerThread(chain, stage.clock, port=port, listener=listener, pool=stage.pool)
        self.url = ""

    def entrance(self, vpc_endpoint_id: str, policy: str | None = None, *, vpc_id: str = "") -> str:
        """Return the address of one more way in: that of a VPC endpoint, whose policy all calls by it meet.

        *policy* is the endpoint's as JSON, None and an empty *vpc_id* stand for what the backend knows of it.
        Raises MalformedPolicyError for a policy that is none.
        """
        self._stage.permission.let_in(vpc_endpoint_id, policy, vpc_id)
        self._stage.await_on_loop(self._stage.permission.look_at(vpc_endpoint_id))
        opened = self._thread.submit(self._thread.server.open(vpc_endpoint_id)).result()
        return f"http://{opened.host}:{opened.port}"

    @staticmethod
    def _recorder(stage: Stage) -> Callable[[Exchange], None]:
        """Return what a finished exchange is told to: who keeps policies hears of it at once."""
        journalled, heard = record_to(stage.record), stage.heard

        def record(exchange: Exchange) -> None:
            heard(exchange)
            journalled(exchange)

        return record

    def __enter__(self) -> Self:
        _allow_many_connections()
        self._stage.permission.preload(FIRST_READ)
        self._stage.open(self._thread)
        try:
            address = self._thread.start()
            if self._also is not None:
                self._thread.submit(self._thread.server.also(*self._also)).result()
        except BaseException:
            self._stage.close()
            raise
        self.url = f"http://{address.host}:{address.port}"
        self._stage.await_on_loop(self._stage.begin(self.url))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stage.await_on_loop(self._stage.conclude())
        # The server first: while it runs it may still have something to show.
        self._thread.stop()
        self._stage.close()


def _allow_many_connections() -> None:
    """Let this process have as many descriptors as it may take for itself, up to DESCRIPTORS."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # a system may refuse what it promised (macOS)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
