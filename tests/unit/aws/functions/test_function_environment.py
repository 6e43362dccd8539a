"""One environment: AWS's own runtime in a real process, initialised, invoked and ended."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from harness.aws.functions.ends import Ending
from harness.aws.functions.environment import Environment, Work
from harness.aws.functions.interpreters import own_interpreter
from harness.aws.functions.process import Command, Spawner
from harness.clock import Clock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="functions run on Linux")
T = TypeVar("T")
LIMIT_S = 20.0
ECHO = "def handler(event, context):\n    return event\n"


def play(folder: Path, code: str, act: Callable[[Environment], Awaitable[T]], memory_mb: int = 128) -> T:
    """Return what *act* comes to on an environment of *code*."""
    task = folder / "task"
    task.mkdir()
    (task / "app.py").write_text(code)

    async def played() -> T:
        spawner = Spawner()
        environment = Environment("f/1", lambda api: command(api), spawner, Clock(), memory_mb)
        try:
            return await act(environment)
        finally:
            environment.close()
            while environment.is_alive:
                await asyncio.sleep(0.002)
            spawner.close()

    async def command(api: str) -> Command:
        python = own_interpreter()
        assert python is not None
        runtime = python.link_into(folder / "runtime")
        return Command(
            python.python, [str(task), str(runtime)], "app.handler", task, {"AWS_LAMBDA_RUNTIME_API": api}
        )

    return asyncio.run(played())


def work(payload: bytes = b"{}", timeout_s: float = 3.0) -> Work:
    return Work("request-1", payload, "arn:aws:lambda:us-east-1:123456789012:function:f", timeout_s)


def test_it_is_initialised_once_and_invoked_again_and_again(tmp_path: Path) -> None:
    """A second `ready` costs nothing."""

    async def act(environment: Environment) -> list[bytes]:
        assert (await environment.ready(LIMIT_S)).failure is None
        assert (await environment.ready(LIMIT_S)).real_s == 0.0
        return [(await environment.invoke(work(payload), LIMIT_S)).payload for payload in (b"1", b"2")]

    assert play(tmp_path, ECHO, act) == [b"1", b"2"]


def test_an_initialisation_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """Its process is killed, and the next `ready` begins anew."""

    async def act(environment: Environment) -> list[Ending | None]:
        ended = [(await environment.ready(0.4)).failure for _ in range(2)]
        return [each.ending if each else None for each in ended]

    assert play(tmp_path, "import time\ntime.sleep(60)\n", act) == [Ending.TIMEOUT] * 2


def test_a_process_that_ended_while_idle_is_started_again(tmp_path: Path) -> None:
    """The invocation does not notice."""

    async def act(environment: Environment) -> bytes:
        await environment.ready(LIMIT_S)
        environment.kill()
        return (await environment.invoke(work(b"5"), LIMIT_S)).payload

    assert play(tmp_path, ECHO, act) == b"5"


def test_an_answer_to_nobody_is_refused(tmp_path: Path) -> None:
    """What comes after its time-out is not taken for another invocation's."""

    async def act(environment: Environment) -> tuple[bool, bool]:
        return environment.responded("old", b"{}"), environment.failed("old", b"{}")

    assert play(tmp_path, ECHO, act) == (False, False)


def test_what_is_printed_is_heard_before_the_answer(tmp_path: Path) -> None:
    """Output and errors both, in their order."""
    code = """
import sys
def handler(event, context):
    print("out")
    print("err", file=sys.stderr)
"""

    async def act(environment: Environment) -> list[str]:
        await environment.ready(LIMIT_S)
        await environment.invoke(work(), LIMIT_S)
        return environment.lines.take()

    assert play(tmp_path, code, act) == ["out", "err"]


def test_memory_of_what_a_handler_starts_counts(tmp_path: Path) -> None:
    """Its children's too: Lambda limits the environment, not the process."""
    code = """
import subprocess, sys
def handler(event, context):
    child = "x = bytearray(200_000_000); import time; time.sleep(60)"
    subprocess.run([sys.executable, "-c", child])
"""

    async def act(environment: Environment) -> Ending:
        await environment.ready(LIMIT_S)
        under_way = asyncio.ensure_future(environment.invoke(work(), LIMIT_S))
        while not under_way.done():
            environment.watch_memory()
            await asyncio.sleep(0.02)
        return under_way.result().ending

    assert play(tmp_path, code, act) is Ending.MEMORY
