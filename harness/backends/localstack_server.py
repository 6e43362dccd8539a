"""LocalStack's own code on a listening socket that it was handed; run by the interpreter of its environment.

LocalStack opens its port on every interface, whatever GATEWAY_LISTEN says (twisted.py: "TODO: interface =
host?"), takes 000000000000 for the account of every key, and downloads programs when a service wants one.
Those three are replaced here, before its runtime starts; all else is LocalStack as it ships, but for its pace
under the clock of a test.

This module is imported where the harness's own dependencies are not installed: the standard library only.
"""

import os
import socket
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

# Variables of ours that the child is started with.
ACCOUNT_VARIABLE = "HARNESS_LOCALSTACK_ACCOUNT_ID"
# Under the clock of a test: how often queues are looked through for messages that are visible again.
TEST_PERIOD_S = 0.02
SNS_THREADS = "sns_pub"


def serve(fd: int) -> None:
    """Serve LocalStack on the listening socket *fd* until a signal ends the process.

    Its own `main()` would answer SIGTERM with up to ten seconds of shutting down; there is no state to save.
    """
    os.set_inheritable(fd, False)
    _answer_as(os.environ[ACCOUNT_VARIABLE])
    _listen_on(fd)
    _download_nothing()
    if time.time.__module__ != "time":
        _keep_pace_with_a_test()
    from localstack.logging.setup import setup_logging_from_config
    from localstack.runtime import current

    setup_logging_from_config()
    current.initialize_runtime().run()


def _answer_as(account: str) -> None:
    """Make *account* that of every access key which names none; before other modules copy the constant."""
    from localstack import constants

    constants.DEFAULT_AWS_ACCOUNT_ID = account


def _listen_on(fd: int) -> None:
    """Serve HTTP on *fd* in place of HTTP and TLS on a port of every interface."""
    from localstack.runtime.runtime import LocalstackRuntime

    def init_gateway_server(self: Any) -> None:
        # Not at the top: the reactor is installed when it is imported.
        from rolo.serving.twisted import TwistedGateway
        from twisted.internet import reactor
        from twisted.internet.endpoints import AdoptedStreamServerEndpoint

        endpoint = AdoptedStreamServerEndpoint(reactor, fd, socket.AF_INET)
        endpoint.listen(TwistedGateway(self.components.gateway))

    LocalstackRuntime._init_gateway_server = init_gateway_server


def _download_nothing() -> None:
    """Let a service fail at once, and say why, when it wants a program that is not there."""
    from localstack.packages.api import PackageException, PackageInstaller

    install = PackageInstaller.install

    def install_what_is_there(self: Any, target: Any = None) -> None:
        if not self.is_installed():
            raise PackageException(
                f"{self.name} {self.version} is not here, and a rehearsal downloads nothing"
            )
        install(self, target)

    PackageInstaller.install = install_what_is_there


def _keep_pace_with_a_test() -> None:
    """Let what LocalStack does beside the calls be done before a test looks, when its clock is a test's.

    What runs every second or so runs every 20 ms, and once after a jump of the clock (shifted_clock.py): the
    scheduler would make up for each second of the jump, for four days it would be busy for minutes. SNS
    delivers within Publish and not in a thread.
    """
    from localstack.utils.scheduler import Scheduler

    schedule = Scheduler.schedule

    def schedule_often(self: Any, func: Any, period: float | None = None, **options: Any) -> Any:
        often = None if period is None else min(period, TEST_PERIOD_S)
        return schedule(self, func, often, **(options | {"fixed_rate": False}))

    Scheduler.schedule = schedule_often
    submit = ThreadPoolExecutor.submit

    def deliver_within_the_call(self: Any, function: Any, /, *values: Any, **named: Any) -> Any:
        if self._thread_name_prefix != SNS_THREADS:
            return submit(self, function, *values, **named)
        future: Future[Any] = Future()
        try:
            future.set_result(function(*values, **named))
        except Exception as error:
            future.set_exception(error)
        return future

    ThreadPoolExecutor.submit = deliver_within_the_call  # type: ignore[method-assign]
    # Those of FIFO topics have threads of their own.
    from localstack.services.sns.executor import TopicPartitionedThreadPoolExecutor

    def deliver_in_order(self: Any, function: Any, topic: str, /, *values: Any, **named: Any) -> None:
        function(*values, **named)

    TopicPartitionedThreadPoolExecutor.submit = deliver_in_order


if __name__ == "__main__":
    serve(int(sys.argv[sys.argv.index("--fd") + 1]))
