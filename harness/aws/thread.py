"""The gateway as a part of a run: its server in a thread, its stage on that thread's loop, one address."""

from types import TracebackType
from typing import Self

from harness.aws.stage import Stage
from harness.gateway.chain import Chain
from harness.gateway.handlers import handlers, record_to
from harness.gateway.server import ServerThread


class Gateway:
    """Serves *stage* on 127.0.0.1 while its `with` block lasts; `url` is what clients call."""

    def __init__(self, stage: Stage, *, port: int = 0) -> None:
        chain = Chain(handlers(stage.handlers, stage.route), record_to(stage.record))
        self._stage = stage
        self._thread = ServerThread(chain, stage.clock, port=port, pool=stage.pool)
        self.url = ""

    def __enter__(self) -> Self:
        self._stage.open(self._thread)
        try:
            address = self._thread.start()
        except BaseException:
            self._stage.close()
            raise
        self.url = f"http://{address.host}:{address.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stage.await_on_loop(self._stage.messaging.conclude())
        # The server first: while it runs it may still have something to show.
        self._thread.stop()
        self._stage.close()
